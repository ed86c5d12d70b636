import { usageError } from '../support/user-error.ts'

/** The arguments of `npm start`. */
export function readArguments(argv: readonly string[]): { context: Record<string, string>; verbose: boolean } {
  // Without a prototype, so that a name like __proto__ counts as unknown.
  const context: Record<string, string> = Object.create(null)
  let verbose = false
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? ''
    const [, joined] = /^(?:-c|--context)=?(.+=.*)$/.exec(word) ?? []
    if (word === '--verbose') verbose = true
    else if (word === '-c' || word === '--context') addSetting(context, argv[++at])
    else if (joined !== undefined) addSetting(context, joined)
    else throw usageError(`unknown argument ${word}; settings are given as: npm start -- -c name=value`)
  }
  return { context, verbose }
}

function addSetting(context: Record<string, string>, text: string | undefined): void {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text ?? '') ?? []
  if (name === undefined || value === undefined) throw usageError(`-c needs name=value${text ? `, not ${text}` : ''}`)
  context[name] = value
}
