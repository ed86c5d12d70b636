import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SOLUTION_NOT_KEPT } from '../../functions/core/message/result-message.ts'
import { resultOf } from '../../functions/core/task/settlement.ts'
import { contents, expired, type Fleet, failed, lifesign, solved, startFleet, type Task } from './scripted-fleet.ts'

const TASK = ['--sitekey', 'k', '--pageurl', 'https://shop.example/']
let fleet: Fleet
let folder: string
beforeEach(async () => {
  fleet = await startFleet()
  folder = await mkdtemp(join(tmpdir(), 'lifesign-cli-'))
})
afterEach(async () => {
  await fleet.close()
  await rm(folder, { recursive: true })
})
const run = (args: string[], options: Parameters<typeof lifesign>[1] = {}) =>
  lifesign(args, { port: fleet.port, ...options })
const file = async (...lines: string[]) => {
  const path = join(folder, 'tasks.jsonl')
  await writeFile(path, lines.join('\n'))
  return path
}

describe('send: one task', () => {
  test('solved: the solution alone is on standard output, exit code 0', async () => {
    fleet.serve(solved)
    const { code, out, err } = await run(['send', ...TASK, '--task-id', 'a'])
    expect(out).toEqual(['token-of-a'])
    expect(err.join('\n')).toMatch(/solved by captchaai in [\d.]+ s/)
    expect(code).toBe(0)
  })

  test('failed: code, class and message on standard error, exit code 1', async () => {
    fleet.serve((task) => failed(task))
    const { code, out, err } = await run(['send', ...TASK])
    expect({ code, out }).toEqual({ code: 1, out: [] })
    expect(err.at(-1)).toBe('failed: ERROR_CAPTCHA_UNSOLVABLE (unsolvable): nobody could solve it')
  })

  test('settled before, and its solution not kept: said so, nothing on standard output, exit code 4', async () => {
    fleet.serve((task) => ({ ...solved(task), solution: undefined, error: SOLUTION_NOT_KEPT }))
    const one = await run(['send', ...TASK, '--task-id', 'a'])
    expect({ code: one.code, out: one.out }).toEqual({ code: 4, out: [] })
    expect(one.err.at(-1)).toMatch(
      /^solved before, but without its solution now: SOLUTION_NOT_KEPT \(gone\): .*--reply both/,
    )
    const json = await run(['send', ...TASK, '--task-id', 'a', '--json'])
    expect(json.code).toBe(4)
    expect(JSON.parse(json.out.join(''))).toMatchObject({ taskId: 'a', status: 'solved', error: { class: 'gone' } })
    const line = (taskId: string) => JSON.stringify({ taskId, sitekey: 'k', pageurl: 'https://shop.example/' })
    const many = await run(['send', '--file', await file(line('a'), line('b'))])
    expect(many.code).toBe(4)
    expect(many.out.sort()[0]).toMatch(/^a\tno result\tsolved before/)
    expect(many.err.at(-1)).toMatch(/0 solved, 0 failed, 0 expired, 2 without a result/)
  })

  test('expired: exit code 3', async () => {
    fleet.serve(expired)
    const { code, err } = await run(['send', ...TASK])
    expect(code).toBe(3)
    expect(err.at(-1)).toMatch(/^expired: DEADLINE_EXCEEDED \(deadline\)/)
  })

  test('expired: why the task last waited is told, to a person and to a program', async () => {
    const ending = { kind: 'expired', while: 'HTTP_502 from captchaai' } as const
    fleet.serve((task) => resultOf({ taskId: task.taskId, enqueuedAt: 0, charges: 0 }, ending, 1))
    const { err } = await run(['send', ...TASK])
    expect(err.at(-1)).toMatch(/^expired: DEADLINE_EXCEEDED \(deadline\): .* because of HTTP_502 from captchaai\.$/)
    const { out } = await run(['send', '--json', ...TASK])
    expect(JSON.parse(out.join(''))).toMatchObject({ error: { while: 'HTTP_502 from captchaai' } })
  })

  test('no result in time: exit code 4, and the task id is told', async () => {
    fleet.serve(() => undefined)
    const { code, err } = await run(['send', ...TASK, '--task-id', 'quiet', '--wait', '1'])
    expect(code).toBe(4)
    expect(err.at(-1)).toMatch(/^no result for quiet in 1 s/)
  })

  test('--json says so too where there is no result', async () => {
    fleet.serve(() => undefined)
    const { out } = await run(['send', ...TASK, '--task-id', 'quiet', '--wait', '1', '--json'])
    expect(out).toEqual(['{"taskId":"quiet","status":"no_result","why":"none"}'])
  })

  test('a fleet that dies while we wait: exit code 4, and how to look for the task where it was sent', async () => {
    const queue = (name: string) => `http://127.0.0.1:${fleet.port}/000000000000/lifesign-${name}`
    const urls = ['--queue-url', queue('tasks'), '--result-queue-url', queue('results')]
    const sent = run(['send', ...TASK, '--task-id', 'orphan', ...urls])
    while ((await contents(fleet.tasks)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await fleet.close()
    const { code, err } = await sent
    fleet = await startFleet()
    expect(code).toBe(4)
    expect(err.join('\n')).toContain(`npx lifesign result orphan ${urls.join(' ')}`)
  })

  test('nothing answers: one line that says what to start, exit code 4', async () => {
    const { code, err } = await lifesign(['send', ...TASK])
    expect(code).toBe(4)
    expect(err).toEqual(['lifesign: the local fleet: nothing answers there; is it running (`npm start`)?'])
  })

  test('--json prints the result as it came', async () => {
    fleet.serve(solved)
    const { out } = await run(['send', ...TASK, '--json', '--task-id', 'j'])
    expect(JSON.parse(out[0] ?? '')).toEqual(solved({ taskId: 'j' }))
  })

  test('a GeeTest solution, which is an object, is printed as JSON', async () => {
    fleet.serve((task) => ({ ...solved(task), solution: { challenge: 'c', validate: 'v' } }))
    const { out } = await run([
      'send',
      '--method',
      'geetest',
      '--pageurl',
      'https://a/',
      '--param',
      'gt=1',
      '--param',
      'challenge=2',
    ])
    expect(out).toEqual(['{"challenge":"c","validate":"v"}'])
  })

  test('the message carries every flag under its contract name', async () => {
    const args = [
      '--method',
      'turnstile',
      '--param',
      'action=a=b',
      '--param',
      'data=d',
      '--proxy',
      'u:p@h:1',
      '--proxytype',
      'http',
    ]
    const more = ['--priority', 'high', '--deadline', '60', '--reply', 'both', '--task-id', 't-1', '--no-wait']
    const { code, out } = await run(['send', ...TASK, ...args, ...more])
    expect({ code, out }).toEqual({ code: 0, out: ['t-1'] })
    const [message] = await contents(fleet.tasks)
    expect(JSON.parse(message?.body ?? '')).toEqual({
      taskId: 't-1',
      method: 'turnstile',
      sitekey: 'k',
      pageurl: 'https://shop.example/',
      params: { action: 'a=b', data: 'd' },
      proxy: 'u:p@h:1',
      proxytype: 'HTTP',
      priority: 'high',
      deadlineSeconds: 60,
      reply: 'both',
    })
  })

  test('a hostile error text cannot move the cursor', async () => {
    fleet.serve((task) => failed(task, 'X\u001b[2J\u202e'))
    const { err } = await run(['send', ...TASK])
    expect(err.at(-1)).toBe('failed: X?[2J? (unsolvable): nobody could solve it')
  })

  test('a token that came too late to be used says so', async () => {
    fleet.serve((task) => ({ ...solved(task), usableUntil: '2020-01-01T00:00:00.000Z' }))
    const { err } = await run(['send', ...TASK])
    expect(err.at(-1)).toContain('too late: it was usable until 2020-01-01')
  })

  test('Ctrl-C tells the task id and how to look for it, exit code 130', async () => {
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 300)
    const { code, err } = await run(['send', ...TASK, '--task-id', 'slow-one'], { stop: stop.signal })
    expect(code).toBe(130)
    expect(err.join('\n')).toContain('npx lifesign result slow-one')
  })
})

test('send puts a taskId into every body, so that not even AWS’s own redrive can make a new task of it', async () => {
  const { out } = await run(['send', '--no-wait', ...TASK])
  const path = await file('{"sitekey":"k","pageurl":"https://a/"}', '{"sitekey":"l","pageurl":"https://a/"}')
  const many = await run(['send', '--no-wait', '--file', path])
  const bodies: { taskId?: string }[] = (await contents(fleet.tasks)).map(({ body }) => JSON.parse(body))
  expect(bodies.map(({ taskId }) => taskId).sort()).toEqual([...out, ...many.out].sort())
  expect(bodies).toHaveLength(3)
})

describe('send: --param NAME=@FILE', () => {
  const sent = async (args: string[], input?: Buffer) => {
    const { code, err } = await run(['send', '--no-wait', ...args], input === undefined ? {} : { input })
    expect({ code, err }).toEqual({ code: 0, err: [] })
    const [message] = await contents(fleet.tasks)
    return JSON.parse(message?.body ?? '{}').params
  }
  const image = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0xff, 0x00])

  test('an image is read from its file and sent in base64', async () => {
    const path = join(folder, 'captcha.png')
    await writeFile(path, image)
    const args = ['--method', 'base64', '--param', `body=@${path}`, '--param', 'numeric=1']
    expect(await sent(args)).toEqual({ body: image.toString('base64'), numeric: '1' })
  })

  test('an image is read from standard input', async () => {
    expect(await sent(['--method', 'post', '--param', 'body=@-'], image)).toEqual({ body: image.toString('base64') })
  })

  test('any other parameter is the text of its file, without the last line break; @@ is a plain @', async () => {
    const path = await file('a=1; b=ü', 'second line', '')
    const args = [...TASK, '--param', `cookies=@${path}`, '--param', 'user=@@name', '--param', 'mail=a@b']
    expect(await sent(args)).toEqual({ cookies: 'a=1; b=ü\nsecond line', user: '@name', mail: 'a@b' })
    const more = ['send', '--no-wait', ...TASK, '--param', 'x=@-', '--param', 'y=']
    expect((await run(more, { input: 'two\r\n\r\n' })).code).toBe(0)
    const texts = (await contents(fleet.tasks)).map(({ body }) => JSON.parse(body).params)
    expect(texts).toContainEqual({ x: 'two\r\n', y: '' })
  })
})

describe('send: bad usage is one line and exit code 2, and nothing is sent', () => {
  const cases: [string, string[], RegExp][] = [
    ['an unknown flag', ['--nope'], /Unknown option '--nope'/],
    ['a missing field', ['--sitekey', 'k'], /pageurl is required for method userrecaptcha/],
    ['a bad priority', [...TASK, '--priority', 'urgent'], /priority must be one of low, normal, high, critical/],
    ['a deadline that is no number', [...TASK, '--deadline', 'soon'], /deadlineSeconds/],
    [
      'a param whose file is not there',
      [...TASK, '--param', 'body=@/nowhere/a.png'],
      /^lifesign: the file \/nowhere\/a\.png cannot be read: it does not exist$/,
    ],
    [
      'a param whose file is a folder',
      [...TASK, '--param', 'body=@/'],
      /^lifesign: the file \/ cannot be read: it is a folder$/,
    ],
    ['a param that names no file', [...TASK, '--param', 'body=@'], /^lifesign: --param body=@ names no file$/],
    ['a proxy that is none', [...TASK, '--proxy', 'nonsense'], /proxy must be login:password@host:port/],
    ['a page that is none', ['--sitekey', 'k', '--pageurl', 'example'], /pageurl must be an http or https URL/],
    [
      'an image that is none',
      ['--method', 'base64', '--param', 'body=a.png'],
      /params.body must be an image in base64/,
    ],
    ['a param without a value', [...TASK, '--param', 'x'], /--param wants NAME=VALUE/],
    ['a wait that is no number', [...TASK, '--wait', 'x'], /--wait must be a number of seconds/],
    ['a stage and a URL', [...TASK, '--stage', 'dev', '--queue-url', 'http://127.0.0.1/q'], /leave the URLs/],
    ['a URL that is none', [...TASK, '--queue-url', 'q'], /--queue-url is not a URL/],
    [
      'a queue without its result queue',
      [...TASK, '--queue-url', 'http://127.0.0.1:9/q'],
      /--result-queue-url is needed/,
    ],
    ['a file that is not there', ['--file', '/nowhere/tasks'], /cannot be read/],
    ['a file in a file', ['--file', '/dev/null/tasks'], /the file \/dev\/null\/tasks cannot be read: ENOTDIR$/],
    ['a file without a task', ['--file', '/dev/null'], /^lifesign: the file holds no task$/],
    ['a param without a name', [...TASK, '--param', '=x'], /--param wants NAME=VALUE/],
    ['a wait of nothing', [...TASK, '--wait', '0'], /--wait must be a number of seconds/],
    [
      'a wait for a record without a table',
      [...TASK, '--reply', 'record', '--queue-url', 'http://127.0.0.1:9/q'],
      /--reply record puts the result into the table only: say --table, or --no-wait$/,
    ],
    ['a file and a task', ['--file', 'x', ...TASK], /leave --sitekey, --pageurl out/],
  ]
  test.each(cases)('%s', async (_what, args, words) => {
    const { code, err } = await run(['send', ...args])
    expect(err).toHaveLength(1)
    expect(err[0]).toMatch(words)
    expect(code).toBe(2)
    expect(await contents(fleet.tasks)).toEqual([])
  })

  test('an unknown command names the known ones', async () => {
    const { code, err } = await run(['sned'])
    expect({ code, err }).toEqual({
      code: 2,
      err: [
        'lifesign: no command sned; there are send, result, status, dead-letters, redrive, keys, pause, resume, test-page, simulate',
      ],
    })
  })

  test.each([
    [[], 2],
    [['help'], 0],
    [['--help'], 0],
    [['-h'], 0],
  ])('without a command, or with %j, every command is told on standard output, exit code %i', async (args, code) => {
    const help = await lifesign(args)
    expect({ code: help.code, err: help.err }).toEqual({ code, err: [] })
    expect(help.out.join('\n')).toMatch(/^Usage: lifesign COMMAND \[options\]\n\n {2}send {12}send tasks and wait/)
  })

  test.each(['send', 'result', 'dead-letters', 'redrive'])(
    '%s --help tells its options and exit codes',
    async (name) => {
      const { code, out } = await run([name, '--help'])
      expect(code).toBe(0)
      expect(out[0]).toMatch(/Usage: lifesign/)
      expect(out[0]).toMatch(/Exit codes:/)
    },
  )
})

describe('send: many tasks from a file', () => {
  test('all results, one a line, a summary with counts, and the worst exit code', async () => {
    const script = (task: Task) =>
      task.taskId.startsWith('bad') ? failed(task) : task.taskId.startsWith('late') ? expired(task) : solved(task)
    fleet.serve(script)
    const lines = Array.from({ length: 25 }, (_, i) => `{"taskId":"ok${i}","sitekey":"k","pageurl":"https://a/"}`)
    const path = await file('# a comment', '', ...lines, '{"taskId":"bad","sitekey":"k","pageurl":"https://a/"}')
    const first = await run(['send', '--file', path])
    expect(first.code).toBe(1)
    expect(first.out).toHaveLength(26)
    expect(first.out).toContain('ok7\tsolved\ttoken-of-ok7')
    expect(first.out).toContain('bad\tfailed\tERROR_CAPTCHA_UNSOLVABLE (unsolvable): nobody could solve it')
    expect(first.err.at(-1)).toMatch(/^26 tasks in [\d.]+ s: 25 solved, 1 failed, 0 expired, 0 without a result$/)
    const worse = await file('{"taskId":"late1","sitekey":"k","pageurl":"https://a/"}', lines[0] ?? '')
    expect((await run(['send', '--file', worse])).code).toBe(3)
  })

  test('a task without a result makes it exit code 4', async () => {
    fleet.serve((task) => (task.taskId === 'mute' ? undefined : solved(task)))
    const path = await file(...['mute', 'loud'].map((id) => `{"taskId":"${id}","sitekey":"k","pageurl":"https://a/"}`))
    const { code, out } = await run(['send', '--file', path, '--wait', '2', '--json'])
    expect(code).toBe(4)
    expect(out.map((line) => JSON.parse(line).status).sort()).toEqual(['no_result', 'solved'])
  })

  test('every bad line is named, and none is sent', async () => {
    const path = await file('{"sitekey":"k"}', '{"sitekey":"k","pageurl":"https://a/"}', 'nonsense', '{"taskId":"a b"}')
    const { code, err } = await run(['send', '--file', path])
    expect(code).toBe(2)
    expect(err[0]).toMatch(/line 1: pageurl is required/)
    expect(err[0]).toMatch(/line 3: the body is not JSON/)
    expect(err[0]).toMatch(/line 4: taskId must be/)
    expect(await contents(fleet.tasks)).toEqual([])
  })

  test('the same task id twice in a file is refused: only one result would come', async () => {
    const path = await file(...['a', 'a'].map((id) => `{"taskId":"${id}","sitekey":"k","pageurl":"https://a/"}`))
    expect((await run(['send', '--file', path])).err[0]).toContain('line 2: the task id of line 1 again')
  })

  test('tasks without an id get one each and keep the rest as it was written', async () => {
    const path = await file(
      ...[1, 2].map((n) => `{"sitekey":"k${n}","pageurl":"https://a/","params":{"min_score":0.7}}`),
    )
    const { out } = await run(['send', '--file', path, '--no-wait'])
    const bodies = (await contents(fleet.tasks)).map(({ body }) => JSON.parse(body))
    expect(bodies.map(({ taskId }) => taskId).sort()).toEqual([...out].sort())
    expect(bodies.map(({ params }) => params)).toEqual([{ min_score: 0.7 }, { min_score: 0.7 }])
  })
})

describe('the result queue is shared with others', () => {
  test("others' results are left there, ours is found behind them, and a second copy of ours is removed", async () => {
    const others = Array.from({ length: 43 }, (_, i) => ({ body: JSON.stringify(solved({ taskId: `other${i}` })) }))
    await fleet.results.send([...others, { body: 'not even JSON' }])
    fleet.serve(solved)
    const { code, out } = await run(['send', ...TASK, '--task-id', 'mine'])
    expect({ code, out }).toEqual({ code: 0, out: ['token-of-mine'] })
    const left = await contents(fleet.results)
    expect(left).toHaveLength(44)
    expect(left.some(({ body }) => body.includes('"mine"'))).toBe(false)
  })

  test('two commands at once each get their own', async () => {
    fleet.serve(solved)
    const ids = ['one', 'two', 'three']
    const runs = await Promise.all(ids.map((id) => run(['send', ...TASK, '--task-id', id, '--wait', '20'])))
    expect(runs.map(({ out }) => out)).toEqual(ids.map((id) => [`token-of-${id}`]))
  })

  test('result finds a task that was sent before', async () => {
    await run(['send', ...TASK, '--task-id', 'earlier', '--no-wait'])
    fleet.serve(solved)
    const { code, out } = await run(['result', 'earlier'])
    expect({ code, out }).toEqual({ code: 0, out: ['token-of-earlier'] })
  })

  test('result takes an id that is said twice for one, and wants an id', async () => {
    await fleet.results.send([{ body: JSON.stringify(solved({ taskId: 'once' })) }])
    expect(await run(['result', 'once', 'once'])).toMatchObject({ code: 0, out: ['token-of-once'] })
    expect(await run(['result'])).toEqual({ code: 2, out: [], err: ['lifesign: which task? say its id'] })
  })
})

test('result --json prints the result as it came, and the line for a person beside it', async () => {
  await fleet.results.send([{ body: JSON.stringify(solved({ taskId: 'a' })) }])
  const { code, out, err } = await run(['result', 'a', '--json', '--wait', '10'])
  expect({ code, out: out.map((line) => JSON.parse(line)) }).toEqual({ code: 0, out: [solved({ taskId: 'a' })] })
  expect(err).toEqual(['solved by captchaai in 9.0 s'])
})

test('Ctrl-C while it waits for five tells how many go on, and how to look for the first three of them again', async () => {
  await fleet.results.send([{ body: JSON.stringify(solved({ taskId: 'b' })) }])
  const stop = new AbortController()
  const onProgress = (line: string) => line.includes('1 solved') && stop.abort()
  const { code, out, err } = await run(['result', 'a', 'b', 'c', 'd', 'e', '--wait', '20'], {
    stop: stop.signal,
    onProgress: (line) => void onProgress(line),
  })
  expect({ code, out }).toEqual({ code: 130, out: ['b\tsolved\ttoken-of-b'] })
  expect(err).toEqual([
    expect.stringMatching(/^5 tasks in [\d.]+ s: 1 solved, 0 failed, 0 expired, 0 without a result$/),
    [
      '4 of 5 tasks go on without you. To look for one again:',
      ...['a', 'c', 'd'].map((taskId) => `  npx lifesign result ${taskId}`),
    ].join('\n'),
  ])
})
