import { FAULT_KINDS } from './fault-kinds.ts'
import { NAMED_FAULTS } from './fault-table.ts'
import { parametersOf } from './named-fault.ts'

const row = (name: string, does: string, parameters: readonly string[]) =>
  `  ${name.padEnd(20)}${does}${parameters.length === 0 ? '' : ` (${parameters.join(', ')})`}`

/** How to look into a running simulator and break it. */
export const controlExamples = (url: string): string => `curl ${url}/_sim/ledger      every charge
curl ${url}/_sim/requests    the latest requests
curl ${url}/_sim/pingbacks   callbacks sent
curl ${url}/_sim/plan        what it is like now
curl ${url}/_sim/simulate    the named faults that run
curl ${url}/_sim/simulate -d '{"name":"outage","seconds":60}'   an outage of one minute, beside the faults that run
curl -X DELETE ${url}/_sim/simulate   all well again: no fault, and the plan as it was at the start
curl ${url}/_sim/set -d '{"faults":[{"kind":"http","status":502,"forSeconds":60}]}'   the same, in place of every fault
curl ${url}/_sim/set -d '{"faults":[{"kind":"lose","by":"reset","on":"submit","rate":0.1}]}'   charged, and the answer lost
curl ${url}/_sim/set -d '{"faults":[{"kind":"lose","by":"http","status":504,"on":"submit"}]}'   charged, and a gateway answers 504
curl ${url}/_sim/set -d '{"faults":[{"kind":"override","on":"submit","rate":0.3,"plan":{"pingback":"none"}}]}'   three callbacks of ten never come
curl ${url}/_sim/set -d '{"faults":[{"kind":"refuse","forSeconds":30}]}'   nobody listens for half a minute
curl ${url}/_sim/set -d '{"threads":2,"solveRate":0.5,"speed":20}'   few threads, bad and quick solvers
curl ${url}/_sim/set -d '{"keyCode":"ERROR_KEY_DOES_NOT_EXIST"}'   the key is refused; null lets it in again
curl ${url}/_sim/set -d '{"faults":[]}'   no fault any more
curl ${url}/_sim/            this, and every fault with its parameters
`

/** The examples and every fault, for `--help` and GET /_sim/. */
export const controlHelp = (url: string): string => `${controlExamples(url)}
Named faults, for simulate:
${Object.entries(NAMED_FAULTS)
  .map(([name, fault]) => row(name, fault.does, parametersOf(fault)))
  .join('\n')}

Kinds of faults, for set; all take rate, count, after, fromSeconds, forSeconds, everySeconds, untilSeconds, and most on (any, submit, result, account):
${FAULT_KINDS.map(({ kind, does, parameters }) => row(kind, does, parameters)).join('\n')}
`
