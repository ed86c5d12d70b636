import { BASE_STYLE } from '../page/base-style.ts'

export const RUNBOOK_STYLE = `${BASE_STYLE}
h1{margin:1.5rem 0 1rem;font-size:2.5rem;line-height:1.1;font-weight:700;letter-spacing:-.02em}
h2{margin:0 0 .75rem;font-size:1.5rem;line-height:1.2;font-weight:700}
h3{margin:2.25rem 0 .25rem;font-size:1.125rem;font-weight:600}
h2,h3{scroll-margin-top:1rem}:target{background:var(--mark);box-shadow:0 0 0 .4rem var(--mark);border-radius:2px}
p{margin:.6rem 0;max-width:46rem}
pre{margin:.75rem 0;padding:.75rem 1rem;border:1px solid var(--line);border-radius:8px;background:var(--bg);white-space:pre-wrap;overflow-wrap:anywhere}
nav h2{font-size:1rem;font-weight:600}nav ul{list-style:none;margin:0;padding:0}nav ul ul{columns:12rem;column-gap:1.5rem;margin:.1rem 0 .9rem}
nav li{break-inside:avoid;padding:.15rem 0}nav>ul>li>a{font-weight:600}
.up{margin-top:2rem;font-size:.875rem}
:root{--mark:#fbeeb8}@media(prefers-color-scheme:dark){:root{--mark:#4a3c10}}
@media(max-width:30rem){h1{font-size:2rem}nav ul ul{columns:9rem}}
`
