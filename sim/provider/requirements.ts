/** The code for the first thing that a submit of this method lacks; null: nothing. */
export function whatIsMissing(params: Record<string, string>): string | null {
  switch (params.method) {
    case undefined:
      return 'ERROR_BAD_PARAMETERS'
    case 'userrecaptcha':
      return !params.googlekey ? 'ERROR_GOOGLEKEY' : !params.pageurl ? 'ERROR_PAGEURL' : null
    case 'turnstile':
    case 'hcaptcha':
      return !params.sitekey ? 'ERROR_SITEKEY' : !params.pageurl ? 'ERROR_PAGEURL' : null
    case 'geetest':
      return !params.gt || !params.challenge ? 'ERROR_BAD_PARAMETERS' : !params.pageurl ? 'ERROR_PAGEURL' : null
    case 'base64':
    case 'post':
      return params.body ? null : 'ERROR_ZERO_CAPTCHA_FILESIZE'
    default:
      return null
  }
}
