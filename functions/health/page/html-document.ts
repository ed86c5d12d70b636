import { createHash } from 'node:crypto'
import { type Html, html, verbatim } from './html.ts'

interface HtmlDocument {
  title: string
  description: string
  /** One of the style sheets of this folder. */
  style: string
  /** The class of the body. */
  look: string
  body: Html
}

/** A whole document, for people. It works without script, and loads nothing but itself. */
export const htmlDocument = ({ title, description, style, look, body }: HtmlDocument): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="${description}">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${title} · Lifesign</title>
<style>${verbatim(style)}</style>
</head>
<body class="${look}">
${body}
</body>
</html>
`.markup

/** A browser may load, run and send nothing; the one style sheet is allowed by its hash. */
export const policyOf = (style: string): Readonly<Record<string, string>> => ({
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
})
