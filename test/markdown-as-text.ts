/** For Vitest: a document that is imported is its text, as it is in the bundle of a function. */
export const markdownAsText = {
  name: 'markdown-as-text',
  enforce: 'pre',
  transform: (text: string, id: string) => (id.endsWith('.md') ? `export default ${JSON.stringify(text)}` : null),
} as const
