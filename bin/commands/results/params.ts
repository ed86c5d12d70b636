import { methodOf } from '../../../functions/core/provider/methods.ts'
import { UsageError } from '../cli/exit.ts'
import type { CommandContext } from '../cli/options.ts'
import { readFileArgument } from '../cli/read-file-argument.ts'

/**
 * The parameters of `--param NAME=VALUE`. As in other tools, `@FILE` is the content of a file and `@@x` the text `@x`.
 */
export async function paramsOf(
  flags: string[],
  method: string | undefined,
  input: CommandContext['input'],
): Promise<Record<string, string>> {
  const { imageParam } = methodOf(method ?? '')
  const read = async (text: string): Promise<[string, string]> => {
    const [name, value] = nameAndValue(text)
    if (!value.startsWith('@')) return [name, value]
    if (value.startsWith('@@')) return [name, value.slice(1)]
    if (value === '@') throw new UsageError(`--param ${name}=@ names no file`)
    const bytes = await readFileArgument(value.slice(1), input)
    if (name === imageParam) return [name, bytes.toString('base64')]
    return [name, bytes.toString('utf8').replace(/\r?\n$/, '')]
  }
  return Object.fromEntries(await Promise.all(flags.map(read)))
}

function nameAndValue(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError('--param wants NAME=VALUE')
  return [text.slice(0, at), text.slice(at + 1)]
}
