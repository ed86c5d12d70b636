import { describe, expect, it } from 'vitest'
import type { ResultAnswer } from '../../functions/core/provider/answers.ts'
import { factsOf, type SettledItem, type TaskItem } from '../../functions/core/task/task.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { ITEMS, recordedCall, recordedPingback, SOLVED, SUBMITTED } from './recorded-calls.ts'

const BOTH = { twocaptcha: () => SOLVED, captchaai: () => SOLVED }
const FAILS_ALWAYS = Array.from({ length: 8 }, () => 'fails' as const)
const failed = (code: string, more: { lostId?: boolean } = {}): ResultAnswer => ({
  kind: 'failed',
  failure: { class: 'unsolvable', code, message: 'The workers could not solve it.', ...more },
})
/** The task as another invocation has settled it, by this attempt and provider. */
const settledBy =
  (settled: string, change: Partial<SettledItem> = {}) =>
  (items: Map<string, TaskItem>, now: number) => {
    const result = {
      taskId: SUBMITTED.taskId,
      status: 'solved',
      attempts: 8,
      enqueuedAt: '2026-11-21T11:57:48.999Z',
    } as const
    const submitted = { provider: 'twocaptcha', captchaId: '7402', submittedAt: '2026-11-21T11:59:55.896Z' }
    items.set(SUBMITTED.taskId, {
      ...{ ...factsOf(SUBMITTED), state: 'solved', settledAt: now - 57, settledBy: settled },
      result: { ...result, ...submitted, settledAt: new Date(now - 57).toISOString() },
      accounting: { invocation: 'another', via: 'message', since: now - 57, resultMayBeUnsent: false },
      ...change,
    })
  }

describe('every call of a port, with its time, where a provider calls about the attempt in flight', () => {
  it('and it is solved: settled, sent, its place given back, counted', async () => {
    expect(await recordedCall({})).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.215}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}
      12:00:00.221 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003}}]
      12:00:00.264 give back {add:{inFlight:-1,inFlight_captchaai:-1,solved:1}}
      12:00:00.295 outcome {solved:1,resubmitted:3,unknown:2,lastSolveAt:12:00:00.214,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,1,0,0,0,0,0,0,0]},solveMs:{userrecaptcha:27605},at:12:00:00.295,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('and it was submitted less than ten seconds ago: usable since the submit', async () => {
    expect(await recordedCall({ item: { ...SUBMITTED, submittedAt: NOON - 4_104 } })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:55.896,settledAt:12:00:00.214,usableUntil:12:01:55.896},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.215}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}
      12:00:00.221 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:55.896,settledAt:12:00:00.214,usableUntil:12:01:55.896}}]
      12:00:00.264 give back {add:{inFlight:-1,inFlight_captchaai:-1,solved:1}}
      12:00:00.295 outcome {solved:1,resubmitted:3,unknown:2,lastSolveAt:12:00:00.214,solveSeconds:{userrecaptcha:[0,1,0,0,0,0,0,0,0,0,0,0,0,0]},solveMs:{userrecaptcha:4107},at:12:00:00.295,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('and its client reads the record: nothing is sent, and the table has the solution', async () => {
    expect(await recordedCall({ item: { ...SUBMITTED, reply: 'record' } })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.215}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}
      12:00:00.221 give back {add:{inFlight:-1,inFlight_captchaai:-1,solved:1}}
      12:00:00.252 outcome {solved:1,resubmitted:3,unknown:2,lastSolveAt:12:00:00.214,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,1,0,0,0,0,0,0,0]},solveMs:{userrecaptcha:27605},at:12:00:00.252,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('and its client reads both: sent and stored', async () => {
    expect(await recordedCall({ item: { ...SUBMITTED, reply: 'both' } })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.215}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}
      12:00:00.221 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003}}]
      12:00:00.264 give back {add:{inFlight:-1,inFlight_captchaai:-1,solved:1}}
      12:00:00.295 outcome {solved:1,resubmitted:3,unknown:2,lastSolveAt:12:00:00.214,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,1,0,0,0,0,0,0,0]},solveMs:{userrecaptcha:27605},at:12:00:00.295,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('and its solution is no token: nothing is said of how long it can be used', async () => {
    expect(await recordedCall({ item: { ...SUBMITTED, method: 'base64' } })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.215}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}
      12:00:00.221 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214}}]
      12:00:00.264 give back {add:{inFlight:-1,inFlight_captchaai:-1,solved:1}}
      12:00:00.295 outcome {solved:1,resubmitted:3,unknown:2,lastSolveAt:12:00:00.214,solveSeconds:{base64:[0,0,0,0,0,0,1,0,0,0,0,0,0,0]},solveMs:{base64:27605},at:12:00:00.295,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it.each<[string, ResultAnswer]>([
    ['is pending', { kind: 'pending' }],
    ['could not be solved', failed('ERROR_CAPTCHA_UNSOLVABLE')],
    ['has an id that the provider does not know', failed('ERROR_WRONG_CAPTCHA_ID', { lostId: true })],
  ])('and it %s: all else is left to the poll message', async (_, answer) => {
    const left = [
      '12:00:00.000 read order:7',
      '12:00:00.003 ask captchaai 7301',
      '12:00:00.214 log info pingback {taskId:order:7,settled:false}',
    ]
    expect(await recordedCall({ providers: { captchaai: () => answer } })).toBe(left.join('\n'))
    const past = { ...SUBMITTED, deadlineAt: NOON - 1 }
    expect(await recordedCall({ item: past, providers: { captchaai: () => answer } })).toBe(left.join('\n'))
  })

  it('and its deadline passes while the provider is asked: expired, and the solution was late', async () => {
    expect(await recordedCall({ item: { ...SUBMITTED, deadlineAt: NOON + 150 } })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:expired,error:{code:DEADLINE_EXCEEDED,class:deadline,message:The deadline of the task passed before it was solved.},provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info settled {taskId:order:7,status:expired,code:DEADLINE_EXCEEDED,class:deadline,provider:captchaai,seconds:131.215}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}
      12:00:00.221 send results [{body:{taskId:order:7,status:expired,error:{code:DEADLINE_EXCEEDED,class:deadline,message:The deadline of the task passed before it was solved.},provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214}}]
      12:00:00.264 give back {add:{inFlight:-1,inFlight_captchaai:-1,failed:1}}
      12:00:00.295 outcome {counted:1,expiredSubmitted:1,resubmitted:3,unknown:2,late:1,trailingFailures:1,lastFailureAt:12:00:00.214,lastExpiredSubmittedAt:11:59:32.398,at:12:00:00.295,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it.each([
    ['by a captcha id that is only the beginning of its own', '730', {}],
    ['by the captcha id of another task', '7302', {}],
    ['and nobody knows its provider any more', '7301', { providers: { twocaptcha: () => SOLVED } }],
  ])('%s: nobody is asked', async (_, captchaId, scene) => {
    expect(await recordedCall(scene, 'sixth', captchaId)).toBe(
      '12:00:00.000 read order:7\n12:00:00.003 log info pingback {taskId:order:7,settled:false}',
    )
  })

  it('and its submit is not recorded yet: its charge is told, and its place is left to the submit', async () => {
    expect(await recordedCall({ item: ITEMS.unrecorded })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:claimed},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003},settledAt:12:00:00.221,accounting:{invocation:call-1,via:callback,since:12:00:00.221,resultMayBeUnsent:false}}
      12:00:00.228 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.222}
      12:00:00.228 log info pingback {taskId:order:7,settled:true}
      12:00:00.228 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003}}]
      12:00:00.271 outcome {solved:1,resubmitted:3,unknown:2,lastSolveAt:12:00:00.221,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,0,0,0,0,0,1,0,0]},solveMs:{userrecaptcha:131004},at:12:00:00.271,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('and it is released, as if it had been refused', async () => {
    expect(await recordedCall({ item: { ...ITEMS.unrecorded, leaseUntil: 0 } })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:claimed},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003},settledAt:12:00:00.221,accounting:{invocation:call-1,via:callback,since:12:00:00.221,resultMayBeUnsent:false}}
      12:00:00.228 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.222}
      12:00:00.228 log info pingback {taskId:order:7,settled:true}
      12:00:00.228 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003}}]
      12:00:00.271 outcome {solved:1,resubmitted:3,unknown:2,lastSolveAt:12:00:00.221,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,0,0,0,0,0,1,0,0]},solveMs:{userrecaptcha:131004},at:12:00:00.271,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })
})

describe('every call of a port, with its time, where a provider calls about an attempt that was lost', () => {
  it('and no other one was made: it counts as accepted', async () => {
    expect(await recordedCall({ item: ITEMS.lost })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:unknown},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003},settledAt:12:00:00.221,accounting:{invocation:call-1,via:callback,since:12:00:00.221,resultMayBeUnsent:false}}
      12:00:00.228 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.222}
      12:00:00.228 log info pingback {taskId:order:7,settled:true}
      12:00:00.228 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003}}]
      12:00:00.271 outcome {accepted:1,solved:1,resubmitted:3,unknown:2,accountAnswers:{captchaai:{at:12:00:00.228,refusal:null}},lastSolveAt:12:00:00.221,lastWorkingSubmitAt:12:00:00.228,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,0,0,0,0,0,1,0,0]},solveMs:{userrecaptcha:131004},at:12:00:00.271,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('and the next one is under way at another provider: what is under way counts as lost', async () => {
    expect(await recordedCall({ item: ITEMS.nextClaimed, providers: BOTH })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 apply {kind:settle,taskId:order:7,fence:{attempt:seventh,state:claimed},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003},settledAt:12:00:00.221,accounting:{invocation:call-1,via:callback,since:12:00:00.221,resultMayBeUnsent:false}}
      12:00:00.228 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.222}
      12:00:00.228 log info pingback {taskId:order:7,settled:true}
      12:00:00.228 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003}}]
      12:00:00.271 outcome {accepted:1,solved:1,resubmitted:3,unknown:3,accountAnswers:{captchaai:{at:12:00:00.228,refusal:null}},lastSolveAt:12:00:00.221,lastWorkingSubmitAt:12:00:00.228,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,0,0,0,0,0,1,0,0]},solveMs:{userrecaptcha:131004},at:12:00:00.271,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('and the next one was released: nothing more is charged', async () => {
    expect(await recordedCall({ item: ITEMS.nextReleased, providers: BOTH })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 apply {kind:settle,taskId:order:7,fence:{attempt:seventh,state:claimed},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003},settledAt:12:00:00.221,accounting:{invocation:call-1,via:callback,since:12:00:00.221,resultMayBeUnsent:false}}
      12:00:00.228 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.222}
      12:00:00.228 log info pingback {taskId:order:7,settled:true}
      12:00:00.228 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003}}]
      12:00:00.271 outcome {accepted:1,solved:1,resubmitted:3,unknown:2,accountAnswers:{captchaai:{at:12:00:00.228,refusal:null}},lastSolveAt:12:00:00.221,lastWorkingSubmitAt:12:00:00.228,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,0,0,0,0,0,1,0,0]},solveMs:{userrecaptcha:131004},at:12:00:00.271,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('and the next one was submitted to another provider: that place is given back there', async () => {
    expect(await recordedCall({ item: ITEMS.nextSubmitted, providers: BOTH })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 apply {kind:settle,taskId:order:7,fence:{attempt:seventh,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003},settledAt:12:00:00.221,accounting:{invocation:call-1,via:callback,since:12:00:00.221,resultMayBeUnsent:false}}
      12:00:00.228 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.222}
      12:00:00.228 log info pingback {taskId:order:7,settled:true}
      12:00:00.228 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003}}]
      12:00:00.271 give back {add:{inFlight:-1,inFlight_twocaptcha:-1,solved:1}}
      12:00:00.302 outcome {accepted:1,solved:1,resubmitted:3,unknown:3,accountAnswers:{captchaai:{at:12:00:00.228,refusal:null}},lastSolveAt:12:00:00.221,lastWorkingSubmitAt:12:00:00.228,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,0,0,0,0,0,1,0,0]},solveMs:{userrecaptcha:131004},at:12:00:00.302,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('and was neither the first nor the last one that was lost: its own provider is asked', async () => {
    const item = {
      ...ITEMS.nextSubmitted,
      lost: [{ attempt: 'first', provider: 'captchaai' }, ...ITEMS.nextSubmitted.lost],
    }
    expect(await recordedCall({ item, providers: BOTH }, 'second', '7111')).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask twocaptcha 7111
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:second,state:submitted},by:second,result:{taskId:order:7,status:solved,provider:twocaptcha,captchaId:7111,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 apply {kind:settle,taskId:order:7,fence:{attempt:seventh,state:submitted},by:second,result:{taskId:order:7,status:solved,provider:twocaptcha,captchaId:7111,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003},settledAt:12:00:00.221,accounting:{invocation:call-1,via:callback,since:12:00:00.221,resultMayBeUnsent:false}}
      12:00:00.228 log info settled {taskId:order:7,status:solved,provider:twocaptcha,seconds:131.222}
      12:00:00.228 log info pingback {taskId:order:7,settled:true}
      12:00:00.228 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:twocaptcha,captchaId:7111,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003}}]
      12:00:00.271 give back {add:{inFlight:-1,inFlight_twocaptcha:-1,solved:1}}
      12:00:00.302 outcome {accepted:1,solved:1,resubmitted:3,unknown:3,accountAnswers:{twocaptcha:{at:12:00:00.228,refusal:null}},lastSolveAt:12:00:00.221,lastWorkingSubmitAt:12:00:00.228,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,0,0,0,0,0,1,0,0]},solveMs:{userrecaptcha:131004},at:12:00:00.302,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('and the table does not say who had it: the only provider is asked', async () => {
    expect(await recordedCall({}, 'fourth', '7222')).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7222
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:fourth,state:submitted},by:fourth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7222,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:fourth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7222,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003},settledAt:12:00:00.221,accounting:{invocation:call-1,via:callback,since:12:00:00.221,resultMayBeUnsent:false}}
      12:00:00.228 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.222}
      12:00:00.228 log info pingback {taskId:order:7,settled:true}
      12:00:00.228 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7222,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003}}]
      12:00:00.271 give back {add:{inFlight:-1,inFlight_captchaai:-1,solved:1}}
      12:00:00.302 outcome {accepted:1,solved:1,resubmitted:3,unknown:2,accountAnswers:{captchaai:{at:12:00:00.228,refusal:null}},lastSolveAt:12:00:00.221,lastWorkingSubmitAt:12:00:00.228,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,0,0,0,0,0,1,0,0]},solveMs:{userrecaptcha:131004},at:12:00:00.302,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('and the table does not say who had it, and there are two: nobody is asked', async () => {
    expect(await recordedCall({ providers: BOTH }, 'fourth', '7222')).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 log info pingback {taskId:order:7,settled:false}"
    `)
  })

  it('and no other one was made, and its deadline passes meanwhile: expired, and it counts as accepted', async () => {
    expect(await recordedCall({ item: { ...ITEMS.lost, deadlineAt: NOON + 150 } })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:expired,error:{code:DEADLINE_EXCEEDED,class:deadline,message:The deadline of the task passed before it was solved.},provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.214},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:unknown},by:sixth,result:{taskId:order:7,status:expired,error:{code:DEADLINE_EXCEEDED,class:deadline,message:The deadline of the task passed before it was solved.},provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221},settledAt:12:00:00.221,accounting:{invocation:call-1,via:callback,since:12:00:00.221,resultMayBeUnsent:false}}
      12:00:00.228 log info settled {taskId:order:7,status:expired,code:DEADLINE_EXCEEDED,class:deadline,provider:captchaai,seconds:131.222}
      12:00:00.228 log info pingback {taskId:order:7,settled:true}
      12:00:00.228 send results [{body:{taskId:order:7,status:expired,error:{code:DEADLINE_EXCEEDED,class:deadline,message:The deadline of the task passed before it was solved.},provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221}}]
      12:00:00.271 outcome {accepted:1,counted:1,expiredSubmitted:1,resubmitted:3,unknown:2,late:1,accountAnswers:{captchaai:{at:12:00:00.228,refusal:null}},trailingFailures:1,lastFailureAt:12:00:00.221,lastWorkingSubmitAt:12:00:00.228,lastExpiredSubmittedAt:11:57:48.999,at:12:00:00.271,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('and the next one solves the task meanwhile: late, and no acceptance is counted without its settlement', async () => {
    const meanwhile = [settledBy('seventh')]
    expect(await recordedCall({ item: ITEMS.lost, meanwhile })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}
      12:00:00.221 outcome {late:1,at:12:00:00.221,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('and its deadline passes meanwhile: the expiry is left to the attempt that holds the task', async () => {
    const item = { ...ITEMS.nextSubmitted, deadlineAt: NOON + 150 }
    expect(await recordedCall({ item, providers: BOTH })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:expired,error:{code:DEADLINE_EXCEEDED,class:deadline,message:The deadline of the task passed before it was solved.},provider:captchaai,captchaId:7301,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.214},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}"
    `)
  })
})

describe('every call of a port, with its time, where something changes while the provider is asked', () => {
  it('a poll settles the same attempt: what it stored is sent again with the solution, and nothing is counted', async () => {
    expect(await recordedCall({ meanwhile: [settledBy('sixth')] })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}
      12:00:00.221 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,attempts:8,enqueuedAt:11:57:48.999,provider:twocaptcha,captchaId:7402,submittedAt:11:59:55.896,settledAt:12:00:00.164}}]"
    `)
  })

  it('another attempt settles the task: the answer was late', async () => {
    expect(await recordedCall({ meanwhile: [settledBy('seventh')] })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}
      12:00:00.221 outcome {late:1,at:12:00:00.221,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('another callback settles the task, and may still send its result: left to it', async () => {
    const accounting = { invocation: 'another', via: 'callback', since: NOON + 99, resultMayBeUnsent: false } as const
    expect(await recordedCall({ meanwhile: [settledBy('sixth', { accounting })] })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}"
    `)
  })

  it.each([
    [33_999, 'may still send its result: left to it', ['apply settle']],
    [
      34_000,
      'crashed, as it wrote no outcome: taken over',
      ['apply settle', 'has', 'apply transferAccounting', 'send', 'outcome'],
    ],
  ])('a callback that settled the task %i ms ago %s', async (age, _, calls) => {
    const since = NOON + 221 - age
    const accounting = { invocation: 'another', via: 'callback', since, resultMayBeUnsent: false } as const
    const recorded = await recordedCall({ meanwhile: [settledBy('sixth', { accounting, settledAt: since })] })
    expect(
      [...recorded.matchAll(/ (apply|has|send|outcome) (?:\{kind:(\w+))?/g)].map(([, name, kind]) =>
        kind === undefined ? name : `${name} ${kind}`,
      ),
    ).toEqual(calls)
  })

  it('another callback settles it and hands it over: its solution is sent and the settlement counted here', async () => {
    const accounting = { invocation: null, via: 'callback', since: NOON + 99, resultMayBeUnsent: true } as const
    expect(await recordedCall({ meanwhile: [settledBy('sixth', { accounting })] })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 apply {kind:transferAccounting,taskId:order:7,from:null,to:{invocation:call-1,via:callback,since:12:00:00.221,resultMayBeUnsent:true}}
      12:00:00.228 log info pingback {taskId:order:7,settled:true}
      12:00:00.228 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,attempts:8,enqueuedAt:11:57:48.999,provider:twocaptcha,captchaId:7402,submittedAt:11:59:55.896,settledAt:12:00:00.164}}]
      12:00:00.271 outcome {solved:1,resubmitted:3,unknown:4,lastSolveAt:12:00:00.164,solveSeconds:{userrecaptcha:[0,1,0,0,0,0,0,0,0,0,0,0,0,0]},solveMs:{userrecaptcha:4268},at:12:00:00.271,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('the attempt is sent back: the task is settled from where it is now, and its place stays given back', async () => {
    const sentBack = { ...ITEMS.unrecorded, leaseUntil: 0, unsolvable: 3, charges: 6 }
    expect(
      await recordedCall({ meanwhile: [(items) => items.set(SUBMITTED.taskId, sentBack)] }),
    ).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:claimed},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.221,usableUntil:12:01:50.003},settledAt:12:00:00.221,accounting:{invocation:call-1,via:callback,since:12:00:00.221,resultMayBeUnsent:false}}
      12:00:00.228 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.222}
      12:00:00.228 log info pingback {taskId:order:7,settled:true}
      12:00:00.228 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.221,usableUntil:12:01:50.003}}]
      12:00:00.271 outcome {solved:1,resubmitted:3,unknown:2,lastSolveAt:12:00:00.221,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,1,0,0,0,0,0,0,0]},solveMs:{userrecaptcha:27605},at:12:00:00.271,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('the attempt is lost, and the next one is made at another provider', async () => {
    expect(
      await recordedCall({ providers: BOTH, meanwhile: [(items) => items.set(SUBMITTED.taskId, ITEMS.nextSubmitted)] }),
    ).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 apply {kind:settle,taskId:order:7,fence:{attempt:seventh,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.221,usableUntil:12:01:50.003},settledAt:12:00:00.221,accounting:{invocation:call-1,via:callback,since:12:00:00.221,resultMayBeUnsent:false}}
      12:00:00.228 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.222}
      12:00:00.228 log info pingback {taskId:order:7,settled:true}
      12:00:00.228 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.221,usableUntil:12:01:50.003}}]
      12:00:00.271 give back {add:{inFlight:-1,inFlight_twocaptcha:-1,solved:1}}
      12:00:00.302 outcome {solved:1,resubmitted:3,unknown:3,lastSolveAt:12:00:00.221,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,1,0,0,0,0,0,0,0]},solveMs:{userrecaptcha:27605},at:12:00:00.302,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('the attempt is lost, the next one begins and is submitted, each before the write: left to the poll message', async () => {
    const now = (item: TaskItem) => (items: Map<string, TaskItem>) => items.set(SUBMITTED.taskId, item)
    const meanwhile = [now(ITEMS.lost), now(ITEMS.nextClaimed), now(ITEMS.nextSubmitted)]
    expect(await recordedCall({ providers: BOTH, meanwhile })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:unknown},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.221,usableUntil:12:01:50.003},settledAt:12:00:00.221,accounting:{invocation:call-1,via:callback,since:12:00:00.221,resultMayBeUnsent:false}}
      12:00:00.228 apply {kind:settle,taskId:order:7,fence:{attempt:seventh,state:claimed},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.228,usableUntil:12:01:50.003},settledAt:12:00:00.228,accounting:{invocation:call-1,via:callback,since:12:00:00.228,resultMayBeUnsent:false}}
      12:00:00.235 log info pingback {taskId:order:7,settled:false}"
    `)
  })

  it('the task is deleted: nothing is left to do', async () => {
    expect(await recordedCall({ meanwhile: [(items) => items.clear()] })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}"
    `)
  })

  it('a second call about a lost attempt comes: the attempt counts as accepted once', async () => {
    const pingback = recordedPingback({ item: ITEMS.lost })
    await Promise.all([pingback.call(), pingback.call()])
    expect(pingback.recorded()).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 read (the same)
      12:00:00.006 ask captchaai 7301
      12:00:00.217 ask captchaai (the same)
      12:00:00.428 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.428,usableUntil:12:01:50.006},settledAt:12:00:00.428,accounting:{invocation:call-1,via:callback,since:12:00:00.428,resultMayBeUnsent:false}}
      12:00:00.435 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.435,usableUntil:12:01:50.217},settledAt:12:00:00.435,accounting:{invocation:call-2,via:callback,since:12:00:00.435,resultMayBeUnsent:false}}
      12:00:00.442 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:unknown},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.442,usableUntil:12:01:50.006},settledAt:12:00:00.442,accounting:{invocation:call-1,via:callback,since:12:00:00.442,resultMayBeUnsent:false}}
      12:00:00.449 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:unknown},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.449,usableUntil:12:01:50.217},settledAt:12:00:00.449,accounting:{invocation:call-2,via:callback,since:12:00:00.449,resultMayBeUnsent:false}}
      12:00:00.456 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.443}
      12:00:00.456 log info pingback {taskId:order:7,settled:true}
      12:00:00.456 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.442,usableUntil:12:01:50.006}}]
      12:00:00.499 log info (the same)
      12:00:00.499 outcome {accepted:1,solved:1,resubmitted:3,unknown:2,accountAnswers:{captchaai:{at:12:00:00.456,refusal:null}},lastSolveAt:12:00:00.442,lastWorkingSubmitAt:12:00:00.456,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,0,0,0,0,0,1,0,0]},solveMs:{userrecaptcha:131007},at:12:00:00.499,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })
})

describe('every call of a port, with its time, where a port fails', () => {
  it('the settling write is applied, and its answer is lost: it is made again and known', async () => {
    expect(await recordedCall({ fates: { apply: ['lost'] } })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 sleep 250
      12:00:00.471 apply (the same)
      12:00:00.478 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.215}
      12:00:00.478 log info pingback {taskId:order:7,settled:true}
      12:00:00.478 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003}}]
      12:00:00.521 give back {add:{inFlight:-1,inFlight_captchaai:-1,solved:1}}
      12:00:00.552 outcome {solved:1,resubmitted:3,unknown:2,lastSolveAt:12:00:00.214,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,1,0,0,0,0,0,0,0]},solveMs:{userrecaptcha:27605},at:12:00:00.552,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('the settling write is never answered: a fault', async () => {
    expect(
      await recordedCall({ fates: { apply: Array.from({ length: 60 }, () => 'lost' as const) } }),
    ).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 sleep 250
      12:00:00.471 apply (the same)
      12:00:00.478 sleep (the same)
      ..
      12:00:11.015 sleep (the same)
      12:00:11.265 apply (the same)
      12:00:11.272 log error pingback not followed {taskId:order:7,error:TypeError}
      12:00:11.272 outcome {faults:1,at:12:00:11.272,invocation:call-1:fault,worker:env-1,function:pingback}
      91 calls"
    `)
  })

  it('the result is sent at the third try', async () => {
    expect(await recordedCall({ fates: { send: ['fails', 'lost'] } })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.215}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}
      12:00:00.221 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003}}]
      12:00:00.264 sleep 250
      12:00:00.514 send (the same)
      12:00:00.557 sleep (the same)
      12:00:00.807 send (the same)
      12:00:00.850 give back {add:{inFlight:-1,inFlight_captchaai:-1,solved:1}}
      12:00:00.881 outcome {solved:1,resubmitted:3,unknown:2,lastSolveAt:12:00:00.214,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,1,0,0,0,0,0,0,0]},solveMs:{userrecaptcha:27605},at:12:00:00.881,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it('the result cannot be sent: its place is given back, and the rest handed over', async () => {
    expect(
      await recordedCall({ item: ITEMS.nextSubmitted, providers: BOTH, fates: { send: FAILS_ALWAYS } }),
    ).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 apply {kind:settle,taskId:order:7,fence:{attempt:seventh,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003},settledAt:12:00:00.221,accounting:{invocation:call-1,via:callback,since:12:00:00.221,resultMayBeUnsent:false}}
      12:00:00.228 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.222}
      12:00:00.228 log info pingback {taskId:order:7,settled:true}
      12:00:00.228 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:7,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:00.221,usableUntil:12:01:50.003}}]
      12:00:00.271 sleep 250
      12:00:00.521 send (the same)
      12:00:00.564 sleep (the same)
      ..
      12:00:02.029 sleep (the same)
      12:00:02.279 send (the same)
      12:00:02.322 give back {add:{inFlight:-1,inFlight_twocaptcha:-1,solved:1}}
      12:00:02.353 log error result of a pingback not sent {taskId:order:7}
      12:00:02.353 apply {kind:transferAccounting,taskId:order:7,from:call-1,to:{invocation:null,via:callback,since:12:00:02.353,resultMayBeUnsent:true}}
      12:00:02.360 outcome {accepted:1,accountAnswers:{captchaai:{at:12:00:00.228,refusal:null}},lastWorkingSubmitAt:12:00:00.228,at:12:00:02.360,invocation:call-1,worker:env-1,function:pingback}
      25 calls"
    `)
  })

  it('the result cannot be sent, and the first hand-over is not answered', async () => {
    expect(
      await recordedCall({ fates: { send: FAILS_ALWAYS, apply: ['ok', 'lost', 'fails'] } }),
    ).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.215}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}
      12:00:00.221 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003}}]
      12:00:00.264 sleep 250
      12:00:00.514 send (the same)
      12:00:00.557 sleep (the same)
      ..
      12:00:02.022 sleep (the same)
      12:00:02.272 send (the same)
      12:00:02.315 give back {add:{inFlight:-1,inFlight_captchaai:-1,solved:1}}
      12:00:02.346 log error result of a pingback not sent {taskId:order:7}
      12:00:02.346 apply {kind:transferAccounting,taskId:order:7,from:call-1,to:{invocation:null,via:callback,since:12:00:02.346,resultMayBeUnsent:true}}
      12:00:02.353 sleep (the same)
      12:00:02.603 apply (the same)
      12:00:02.610 sleep (the same)
      12:00:02.860 apply (the same)
      27 calls"
    `)
  })

  it('the result cannot be sent, and the table is silent since: a fault', async () => {
    expect(
      await recordedCall({
        fates: { send: FAILS_ALWAYS, apply: ['ok', ...Array.from({ length: 60 }, () => 'fails' as const)] },
      }),
    ).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.215}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}
      12:00:00.221 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003}}]
      12:00:00.264 sleep 250
      12:00:00.514 send (the same)
      12:00:00.557 sleep (the same)
      ..
      12:00:02.022 sleep (the same)
      12:00:02.272 send (the same)
      12:00:02.315 give back {add:{inFlight:-1,inFlight_captchaai:-1,solved:1}}
      12:00:02.346 log error result of a pingback not sent {taskId:order:7}
      12:00:02.346 apply {kind:transferAccounting,taskId:order:7,from:call-1,to:{invocation:null,via:callback,since:12:00:02.346,resultMayBeUnsent:true}}
      12:00:02.353 sleep (the same)
      12:00:02.603 apply (the same)
      ..
      12:00:05.951 sleep (the same)
      12:00:06.201 apply (the same)
      12:00:06.208 log error pingback not followed {taskId:order:7,error:Error}
      12:00:06.208 outcome {faults:1,at:12:00:06.208,invocation:call-1:fault,worker:env-1,function:pingback}
      55 calls"
    `)
  })

  it('the place cannot be given back: it is not tried again, and the settlement is counted all the same', async () => {
    expect(await recordedCall({ fates: { 'give back': ['lost'] } })).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.215}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}
      12:00:00.221 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003}}]
      12:00:00.264 give back {add:{inFlight:-1,inFlight_captchaai:-1,solved:1}}
      12:00:00.295 log error places not given back {freed:1,error:TypeError}
      12:00:00.295 outcome {solved:1,resubmitted:3,unknown:2,lastSolveAt:12:00:00.214,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,1,0,0,0,0,0,0,0]},solveMs:{userrecaptcha:27605},at:12:00:00.295,invocation:call-1,worker:env-1,function:pingback}"
    `)
  })

  it.each([
    [12_929, true],
    [14_001, false],
  ])(
    'the outcome cannot be written, and the next call comes after %i ms: written then: %s',
    async (later, isWritten) => {
      const pingback = recordedPingback({ fates: { outcome: ['fails', 'fails', 'fails'] } })
      await pingback.call()
      pingback.recorded()
      pingback.store.items.set(SUBMITTED.taskId, ITEMS.lost)
      pingback.wait(later)
      await pingback.call()
      const recorded = pingback.recorded()
      expect(recorded.includes('invocation:call-1,')).toBe(isWritten)
      expect(recorded.includes('outcome item given up {invocation:call-1}')).toBe(!isWritten)
    },
  )

  it('the outcome cannot be written: the next call writes it', async () => {
    const pingback = recordedPingback({ fates: { outcome: ['fails', 'fails', 'fails'] } })
    await pingback.call()
    pingback.store.items.set(SUBMITTED.taskId, ITEMS.lost)
    pingback.wait(1_009)
    await pingback.call()
    expect(pingback.recorded()).toMatchInlineSnapshot(`
      "12:00:00.000 read order:7
      12:00:00.003 ask captchaai 7301
      12:00:00.214 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003},settledAt:12:00:00.214,accounting:{invocation:call-1,via:callback,since:12:00:00.214,resultMayBeUnsent:false}}
      12:00:00.221 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:131.215}
      12:00:00.221 log info pingback {taskId:order:7,settled:true}
      12:00:00.221 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:59:32.398,settledAt:12:00:00.214,usableUntil:12:01:50.003}}]
      12:00:00.264 give back {add:{inFlight:-1,inFlight_captchaai:-1,solved:1}}
      12:00:00.295 outcome {solved:1,resubmitted:3,unknown:2,lastSolveAt:12:00:00.214,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,1,0,0,0,0,0,0,0]},solveMs:{userrecaptcha:27605},at:12:00:00.295,invocation:call-1,worker:env-1,function:pingback}
      12:00:00.314 sleep 250
      12:00:00.564 outcome (the same)
      12:00:00.583 sleep (the same)
      12:00:00.833 outcome (the same)
      12:00:00.852 log error outcome item not written {invocation:call-1,error:Error}
      12:00:01.861 read (the same)
      12:00:01.864 ask captchaai (the same)
      12:00:02.075 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:submitted},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:02.075,usableUntil:12:01:51.864},settledAt:12:00:02.075,accounting:{invocation:call-2,via:callback,since:12:00:02.075,resultMayBeUnsent:false}}
      12:00:02.082 apply {kind:settle,taskId:order:7,fence:{attempt:sixth,state:unknown},by:sixth,result:{taskId:order:7,status:solved,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:02.082,usableUntil:12:01:51.864},settledAt:12:00:02.082,accounting:{invocation:call-2,via:callback,since:12:00:02.082,resultMayBeUnsent:false}}
      12:00:02.089 log info settled {taskId:order:7,status:solved,provider:captchaai,seconds:133.083}
      12:00:02.089 log info pingback {taskId:order:7,settled:true}
      12:00:02.089 send results [{body:{taskId:order:7,status:solved,solution:03AG-solution,provider:captchaai,captchaId:7301,attempts:6,enqueuedAt:11:57:48.999,submittedAt:11:57:48.999,settledAt:12:00:02.082,usableUntil:12:01:51.864}}]
      12:00:02.132 has call-1 11:59:59.295 12:00:02.132
      12:00:02.145 outcome {solved:1,resubmitted:3,unknown:2,faults:1,lastSolveAt:12:00:00.214,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,1,0,0,0,0,0,0,0]},solveMs:{userrecaptcha:27605},at:12:00:02.132,invocation:call-1,worker:env-1,function:pingback}
      12:00:02.164 outcome {accepted:1,solved:1,resubmitted:3,unknown:2,accountAnswers:{captchaai:{at:12:00:02.089,refusal:null}},lastSolveAt:12:00:02.082,lastWorkingSubmitAt:12:00:02.089,solveSeconds:{userrecaptcha:[0,0,0,0,0,0,0,0,0,0,0,1,0,0]},solveMs:{userrecaptcha:132865},at:12:00:02.164,invocation:call-2,worker:env-1,function:pingback}"
    `)
  })
})
