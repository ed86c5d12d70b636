/** Tests cannot reach a real account or provider, whatever the environment they are started in. */
for (const name of Object.keys(process.env)) {
  if (/^(AWS_|CAPTCHAAI_|TWOCAPTCHA_|LIFESIGN_(?!MINISTACK$))/.test(name)) delete process.env[name]
}
Object.assign(process.env, {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: 'us-east-1',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  /** Nothing listens there: a client without an endpoint of its own is refused at once. */
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
})
