/**
 * Replaces `@aws-sdk/credential-provider-node` in the bundles. In Lambda the role's credentials are only in the
 * environment, where the SDK's own chain looks first. The rest of that chain (profiles, SSO, web identity, instance
 * metadata) is a third of every bundle and of its loading time.
 */
export const defaultProvider = () => async () => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = process.env
  if (!accessKeyId || !secretAccessKey) throw new Error('no AWS credentials in the environment')
  return { accessKeyId, secretAccessKey, ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}) }
}
