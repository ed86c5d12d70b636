/** The text of a document. The bundle has it in it (`lib/bundle.ts`), and so have the tests (`test/markdown-as-text.ts`). */
declare module '*.md' {
  const text: string
  export default text
}
