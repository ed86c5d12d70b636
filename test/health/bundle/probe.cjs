// Run by bundle.test.ts and measure-bundle.ts in a fresh process: loads the bundle as Lambda would and says, as one
// line of JSON, which modules were asked for by the live view and by the first view that needs the record.
const Module = require('node:module')

const asked = []
const load = Module._load
Module._load = function (request, ...rest) {
  asked.push(request)
  return load.call(this, request, ...rest)
}

const timed = async (action) => {
  const began = performance.now()
  const value = await action()
  return { value, ms: performance.now() - began, asked: asked.splice(0) }
}
const event = (rawPath, headers) => ({ rawPath, headers, requestContext: { http: { method: 'GET' } } })
const TOKEN = { authorization: 'Bearer probe' }

async function main() {
  const bundle = await timed(() => require(process.argv[2]))
  const { handler } = bundle.value
  const views = {}
  for (const [name, headers] of [
    ['/health/live'],
    ['/nowhere'],
    ['/health/ready'],
    ['/health/ready with a token', TOKEN],
    ['/health/deep'],
    ['/health/deep with a token', TOKEN],
  ]) {
    const { value, ms, asked } = await timed(() => handler(event(name.split(' ')[0], headers ?? {})))
    views[name] = { status: value.statusCode, headers: value.headers, body: value.body, ms, asked }
  }
  process.stdout.write(`${JSON.stringify({ requireMs: bundle.ms, asked: bundle.asked, views })}\n`)
}
main()
