/**
 * What stands in a bundle for `@aws-sdk/credential-provider-node`. In Lambda the role's credentials are in the
 * environment and nowhere else, and that is where the SDK's own chain looks first. The rest of the chain (profiles, SSO,
 * web identity, instance metadata) is a third of every bundle and of the time that loading it takes.
 */
export const defaultProvider = () => async () => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = process.env
  if (!accessKeyId || !secretAccessKey) throw new Error('no AWS credentials in the environment')
  return { accessKeyId, secretAccessKey, ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}) }
}
