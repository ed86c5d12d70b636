/** The properties of a method: how long to wait, which fields it needs, how long its answer is valid. */
interface Method {
  /** Seconds from submit to the first poll, and between polls. */
  firstPollSeconds: number
  pollSeconds: number
  /** The answer is a token that is valid for about 120 s. */
  token: boolean
  /** The provider's name for `sitekey`. */
  sitekeyParam: 'googlekey' | 'sitekey' | null
  /** Fields that the method requires, by their names in the task message; `params.x` is a parameter. */
  needs: readonly string[]
  /** The parameter that carries an image in base64. */
  imageParam: string | null
}

const image: Method = {
  firstPollSeconds: 5,
  pollSeconds: 5,
  token: false,
  sitekeyParam: null,
  needs: ['params.body'],
  imageParam: 'body',
}
const site = { sitekeyParam: 'sitekey', needs: ['sitekey', 'pageurl'], token: true, imageParam: null } as const
const quick: Method = { ...site, firstPollSeconds: 10, pollSeconds: 5 }
const slow: Method = { ...site, firstPollSeconds: 15, pollSeconds: 5 }
const plain: Method = {
  firstPollSeconds: 15,
  pollSeconds: 5,
  token: true,
  sitekeyParam: null,
  needs: [],
  imageParam: null,
}

const METHODS: Record<string, Method> = {
  userrecaptcha: { ...slow, sitekeyParam: 'googlekey' },
  turnstile: quick,
  hcaptcha: slow,
  cloudflare_challenge: { ...slow, firstPollSeconds: 20, needs: ['pageurl', 'proxy'] },
  bls: { ...plain, firstPollSeconds: 10, token: false },
  geetest: { ...plain, needs: ['params.gt', 'params.challenge', 'pageurl'] },
  geetest_v4: { ...plain, needs: ['params.captcha_id', 'pageurl'] },
  base64: image,
  post: image,
}

export const METHOD_NAMES = Object.keys(METHODS)

/** Unknown methods are passed through with the intervals of slow methods and without required fields. */
export const unknownMethod: Method = { ...plain, sitekeyParam: 'sitekey' }

export function methodOf(name: string, params: Record<string, unknown> = {}): Method {
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined
  if (method === undefined) return unknownMethod
  return name === 'userrecaptcha' && params.version === 'v3' ? { ...method, firstPollSeconds: 10 } : method
}

/** Seconds between polls. `pollSeconds` is the setting; null means the method's own interval. */
export const intervalOf = (method: string, pollSeconds: number | null): number =>
  pollSeconds ?? methodOf(method).pollSeconds
