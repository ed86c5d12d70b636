/** What every page looks like, without a picture, a font or a script from anywhere. */
export const BASE_STYLE = `
:root{color-scheme:light dark;--bg:#f6f6f3;--card:#fff;--ink:#1c2024;--dim:#5a626b;--line:#deded8;--on:#fff;--link:#1558b0;
--ready:#1a7a48;--degraded:#8f5f00;--not_ready:#c0281e;--unknown:#5a626b;--hole:#a9ada6;--amber:#dd9a1f}
@media(prefers-color-scheme:dark){:root{--bg:#111418;--card:#1a1f25;--ink:#e9ebee;--dim:#a3abb5;--line:#2e343c;--on:#10151a;
--link:#8ab8ff;--ready:#4cc38a;--degraded:#e3ad45;--not_ready:#ff8379;--unknown:#a3abb5;--hole:#6a737e;--amber:#e3ad45}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
header,main,footer{max-width:60rem;margin:0 auto;padding:0 1.25rem}
header{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 1rem;padding-top:1.25rem;color:var(--dim);font-size:.875rem}
header p{margin:0}.brand{font-weight:600;color:var(--ink);letter-spacing:.01em}
a{color:var(--link)}a:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:3px;border-radius:4px}
section{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.25rem 1.5rem;margin:1rem 0}
p{margin:.25rem 0}.dim{color:var(--dim)}.small{font-size:.875rem}
code{font:.875em ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
footer{padding-bottom:2rem;color:var(--dim);font-size:.875rem}
@media(max-width:30rem){header,main,footer{padding-left:.75rem;padding-right:.75rem}section{padding:1rem}}
`
