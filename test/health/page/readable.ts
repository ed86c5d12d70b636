/** A part of the page as a person reads it, one line for each block: without markup, styles and what is folded away. */
export const readable = (page: string): string[] =>
  page
    .replace(/<style>.*?<\/style>|<title>.*?<\/title>|<table>.*?<\/table>/gs, '')
    .replace(/<\/(li|h\d|p|section|dd|div|summary)>/g, '\n')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/&#96;/g, '`')
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter((line) => line !== '')

/** The lines of the section with this id, without its heading. */
export const sectionOf = (page: string, id: string): string[] => {
  const section = page.match(/<section.*?<\/section>/gs)?.find((each) => each.includes(`aria-labelledby="${id}"`))
  return section === undefined ? [] : readable(section).slice(1)
}

/** The rows of the table below this heading, the latest first; each is the texts of its cells. */
export const rowsBelow = (page: string, heading: string): string[][] => {
  const table = /<table>.*?<\/table>/s.exec(page.slice(page.indexOf(`<h3>${heading}</h3>`)))?.[0] ?? ''
  const rows = table.match(/<tr>.*?<\/tr>/gs) ?? []
  return rows.map((row) => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) => cell))
}
