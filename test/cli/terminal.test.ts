import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { standardInput, standardTerminal } from '../../bin/commands/cli/terminal.ts'

const WIPE = '\r\x1b[2K'

/** A terminal whose streams are in memory. `shown` is everything in the order of its writing, `modes` each change of raw mode. */
function terminalOn({ stdin = true, stdout = true, stderr = true, columns = 80, env = {} }) {
  const shown: string[] = []
  const modes: boolean[] = []
  const keyboard = Object.assign(new PassThrough(), {
    isTTY: stdin,
    setRawMode: (isRaw: boolean) => modes.push(isRaw),
  })
  const screen = Object.assign(new PassThrough(), { isTTY: stderr, columns })
  screen.write = (text: unknown) => shown.push(`err ${text}`) > 0
  const terminal = standardTerminal({
    stdin: keyboard,
    stdout: { isTTY: stdout, write: (text) => shown.push(`out ${text}`) },
    stderr: screen,
    env,
  })
  return { terminal, keyboard, shown, modes }
}

describe('a command writes', () => {
  it('results to standard output and the rest to standard error, over the line of progress where both are the screen', () => {
    const { terminal, shown } = terminalOn({ columns: 8 })
    terminal.status('1234567890')
    terminal.out('token')
    terminal.err('note')
    expect(shown).toEqual([`err ${WIPE}1234567`, `err ${WIPE}`, 'out token\n', `err ${WIPE}note\n`])
  })

  it('a line of progress that is cut to 79 characters where the width is not known', () => {
    const { terminal, shown } = terminalOn({ columns: 0 })
    terminal.status('x'.repeat(100))
    expect(shown).toEqual([`err ${WIPE}${'x'.repeat(79)}`])
  })

  it('no escape and no progress where nobody looks, and wipes nothing for results that go to a file', () => {
    const piped = terminalOn({ stderr: false })
    piped.terminal.status('1 s')
    piped.terminal.out('token')
    piped.terminal.err('note')
    expect(piped.shown).toEqual(['out token\n', 'err note\n'])
    const filed = terminalOn({ stdout: false })
    filed.terminal.out('token')
    expect(filed.shown).toEqual(['out token\n'])
  })

  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('in colours, with output on a screen %s and %o: %s', (stdout, env, coloured) => {
    expect(terminalOn({ stdout, stderr: !stdout, env }).terminal.coloured).toBe(coloured)
  })
})

describe('a person is asked', () => {
  it.each([
    ['y', true],
    [' YES ', true],
    ['', false],
    ['n', false],
    ['yep', false],
    ['oh yes', false],
  ])('yes or no, and %j is %s', async (answer, agreed) => {
    const { terminal, keyboard, shown } = terminalOn({})
    const asked = terminal.confirm('Move 3 back?')
    keyboard.write(`${answer}\n`)
    expect(await asked).toBe(agreed)
    expect(shown.join('')).toContain('Move 3 back? [y/N] ')
    // What is not read any more does not keep the program running.
    expect(keyboard.isPaused()).toBe(true)
  })

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
    ['the end of the terminal', null],
  ])('yes or no, and %s is neither', async (_, key) => {
    const { terminal, keyboard } = terminalOn({})
    const asked = terminal.confirm('Move 3 back?')
    if (key === null) keyboard.end()
    else keyboard.write(key)
    expect(await asked).toBeNull()
  })

  it('nothing where nobody can answer or read the question', () => {
    expect(terminalOn({ stdin: false }).terminal.confirm('Move?')).toBeNull()
    expect(terminalOn({ stderr: false }).terminal.confirm('Move?')).toBeNull()
    const { terminal, shown, modes } = terminalOn({ stdin: false })
    expect(terminal.secret('Key: ')).toBeNull()
    expect({ shown, modes }).toEqual({ shown: [], modes: [] })
  })

  it.each<[string, string[], string | null]>([
    ['in pieces', ['ab', 'c\r'], 'abc'],
    ['with the other line end, and what follows it is of the next question', ['abc\nmore'], 'abc'],
    ['with both kinds of backspace, one too many', ['\bx\u007fabd\bc\r'], 'abc'],
    ['as nothing but Enter', ['\r', 'abc\r'], ''],
    ['and given up with Ctrl-C', ['abc\u0003\r'], null],
    ['and given up with Ctrl-D', ['abc\u0004\r'], null],
  ])('for a secret, typed %s; it is hidden before the question and only until the answer', async (_, typed, answer) => {
    const { terminal, keyboard, shown, modes } = terminalOn({})
    const asked = terminal.secret('Key: ')
    expect({ shown, modes }).toEqual({ shown: [`err ${WIPE}Key: `], modes: [true] })
    for (const piece of typed) keyboard.write(piece)
    expect(await asked).toBe(answer)
    expect({ shown, modes }).toEqual({ shown: [`err ${WIPE}Key: `, 'err \n'], modes: [true, false] })
    expect([keyboard.destroyed, keyboard.isPaused()]).toEqual([false, true])
  })

  it('for a secret, and one that ends without Enter is taken as it is', async () => {
    const { terminal, keyboard, modes } = terminalOn({})
    const asked = terminal.secret('Key: ')
    keyboard.end('abc')
    expect(await asked).toBe('abc')
    expect(modes).toEqual([true, false])
  })
})

it('standard input is read to its end, whatever the pieces it comes in', async () => {
  const input = new PassThrough()
  const read = standardInput(input)
  const bytes = Buffer.from('é and \u0000')
  for (const [n] of bytes.entries()) input.write(bytes.subarray(n, n + 1))
  input.end()
  expect(await read).toEqual(bytes)
  expect(await standardInput(new PassThrough().end())).toEqual(Buffer.alloc(0))
})
