const ENTER = ['\r', '\n']
const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const BACKSPACE = ['\u007f', '\b']

/** The part of a terminal's input that is used here. */
export interface HiddenInput {
  setEncoding(encoding: 'utf8'): unknown
  setRawMode(isRaw: boolean): unknown
  iterator(options: { destroyOnReturn: boolean }): AsyncIterable<unknown>
  pause(): unknown
}

/** Reads one line that a person types or pastes, without showing it. Null: the person pressed Ctrl-C or Ctrl-D. */
export async function readHidden(terminal: HiddenInput): Promise<string | null> {
  terminal.setEncoding('utf8')
  terminal.setRawMode(true)
  let line = ''
  try {
    for await (const chunk of terminal.iterator({ destroyOnReturn: false })) {
      for (const character of String(chunk)) {
        if (ENTER.includes(character)) return line
        if (character === CTRL_C || character === CTRL_D) return null
        line = BACKSPACE.includes(character) ? line.slice(0, -1) : line + character
      }
    }
    return line
  } finally {
    terminal.setRawMode(false)
    terminal.pause()
  }
}
