import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { makeSecretReader, parseKeys } from '../../functions/adapters/secrets/secret-reader.ts'
import { listen } from './sockets.ts'

/** Speaks just enough of Secrets Manager's wire protocol on loopback; the client is the real one. */
async function secretsManager(answer: (request: string) => { status: number; body: unknown }) {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push(`${request.headers['x-amz-target']} ${body}`)
    const { status, body: said } = answer(body)
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(said))
  })
  process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = `http://127.0.0.1:${await listen(server)}`
  return asked
}

describe('the secret of the API keys', () => {
  it('is asked for by its address and read as provider → key', async () => {
    const asked = await secretsManager(() => ({
      status: 200,
      body: { SecretString: '{"captchaai":" k1 ","twocaptcha":"k2"}' },
    }))
    expect(await makeSecretReader('arn:secret').read()).toEqual({ captchaai: 'k1', twocaptcha: 'k2' })
    expect(asked).toEqual(['secretsmanager.GetSecretValue {"SecretId":"arn:secret"}'])
  })

  it('is asked for once more where the first answer is a fault of the store', async () => {
    const statuses = [500, 200]
    const asked = await secretsManager(() => ({
      ...{ status: statuses.shift() ?? 500, body: { SecretString: '{"captchaai":"k1"}' } },
    }))
    expect(await makeSecretReader('arn:secret').read()).toEqual({ captchaai: 'k1' })
    expect(asked).toHaveLength(2)
  })

  it('rejects where both answers are a fault of the store', async () => {
    const asked = await secretsManager(() => ({ status: 500, body: {} }))
    await expect(makeSecretReader('arn:secret').read()).rejects.toThrow()
    expect(asked).toHaveLength(2)
  })

  it('rejects where it is not there', async () => {
    await secretsManager(() => ({ status: 400, body: { __type: 'ResourceNotFoundException', message: 'no' } }))
    await expect(makeSecretReader('arn:secret').read()).rejects.toThrow('no')
  })

  it('leaves out what is no text', () => {
    expect(parseKeys('{"captchaai":"k","n":1,"o":{}}')).toEqual({ captchaai: 'k' })
  })

  it.each(['', 'canary-key', '"canary-key"', '["canary-key"]', 'null'])('rejects %j without quoting it', (text) => {
    expect(() => parseKeys(text)).toThrow(/^the secret is not (JSON|a JSON object)$/)
  })
})
