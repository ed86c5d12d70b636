import { methodOf } from '../core/provider/methods.ts'

/**
 * What a provider would take money or time for in vain: a page, a proxy or an image that cannot be one. Whatever a
 * provider may accept passes. The problems name the fields and never their values.
 */
export function wrongFields(method: string, fields: Fields, params: Fields): string[] {
  const { imageParam } = methodOf(method, params)
  return [
    ...problem('pageurl', fields.pageurl, isPageUrl, PAGE_RULE),
    ...problem('params.pageurl', params.pageurl, isPageUrl, PAGE_RULE),
    ...problem('proxy', fields.proxy, isProxy, PROXY_RULE),
    ...problem('params.proxy', params.proxy, isProxy, PROXY_RULE),
    ...(imageParam === null ? [] : problem(`params.${imageParam}`, params[imageParam], isBase64, IMAGE_RULE)),
  ]
}

type Fields = Record<string, unknown>

const PAGE_RULE = 'must be an http or https URL'
const PROXY_RULE = 'must be login:password@host:port or host:port, without a scheme'
const IMAGE_RULE = 'must be an image in base64'

/** A field that is missing, empty or of another type is named by other rules. */
const problem = (name: string, value: unknown, isGood: (text: string) => boolean, rule: string): string[] =>
  typeof value !== 'string' || value === '' || isGood(value) ? [] : [`${name} ${rule}`]

export const isPageUrl = (text: string): boolean => /^\s*https?:\/\//i.test(text) && URL.canParse(text)

/** Login and password may hold any character; the host may be a name, an IPv4 or an IPv6 address. */
export function isProxy(text: string): boolean {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return false
  const address = text.slice(text.lastIndexOf('@') + 1)
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(address) ?? []
  if (text.startsWith('@') || Number(port) === 0 || /[\s/?#\\]/.test(host)) return false
  const isBareIpv6 = host.includes(':') && !host.startsWith('[')
  return URL.canParse(`http://${isBareIpv6 ? `[${host}]` : host}:${port}/`)
}

/** Base64 of at least one byte, with or without padding, line breaks and the head of a data URL. */
export function isBase64(text: string): boolean {
  const digits = text.replace(/^data:[^,]{0,200};base64,/i, '').replace(/\s+/g, '')
  const bare = digits.replace(/={1,2}$/, '')
  return bare !== '' && bare.length % 4 !== 1 && !/[^A-Za-z0-9+/]/.test(bare)
}
