import { BASE_STYLE } from './base-style.ts'

/** One style sheet for every state of the status page. */
export const STATUS_STYLE = `${BASE_STYLE}h2{margin:0 0 .75rem;font-size:1rem;font-weight:600}
h3{margin:1rem 0 .25rem;font-size:.875rem;font-weight:600}
.ready{--s:var(--ready)}.degraded{--s:var(--degraded)}.not_ready{--s:var(--not_ready)}.unknown{--s:var(--unknown)}
.verdict{border-top:6px solid var(--s);padding:1.75rem 1.5rem}
.g,.q{fill:none;stroke:var(--on);stroke-width:4.5;stroke-linecap:round;stroke-linejoin:round}.q{stroke:var(--s)}
.title{display:flex;align-items:center;gap:.9rem}.title svg{flex:none;width:3rem;height:3rem}
h1{margin:0;font-size:2.5rem;line-height:1.1;font-weight:700;letter-spacing:-.02em;color:var(--s)}
.lead{font-size:1.375rem;line-height:1.35;margin:1rem 0 .25rem;max-width:46rem;text-wrap:pretty}
.advice{margin:1.25rem 0 0;padding-top:1rem;border-top:1px solid var(--line);display:grid;grid-template-columns:auto 1fr;gap:.35rem 1rem}
.advice dt{font-weight:600}.advice dd{margin:0}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1rem;margin:0}
.facts dt{color:var(--dim);font-size:.875rem}.facts dd{margin:0;font-size:1.375rem;font-weight:600;line-height:1.3}
.facts small{display:block;font-size:.875rem;font-weight:400;color:var(--dim)}
ul,ol{list-style:none;margin:0;padding:0}li{padding:.7rem 0;border-top:1px solid var(--line)}li:first-child{border:0;padding-top:0}li:last-child{padding-bottom:0}
.row{display:flex;flex-wrap:wrap;align-items:baseline;gap:.15rem .75rem}.row strong{font-weight:600}
.tag{color:var(--s);font-weight:600;white-space:nowrap}.tag::before{content:"";display:inline-block;width:.6em;height:.6em;margin-right:.4em;border:2px solid var(--s);border-radius:50%}
.tag.plain{color:inherit}.tag.plain::before{display:none}.tag.ready::before{background:var(--s)}.tag.degraded::before{border-radius:0}.tag.not_ready::before{background:var(--s);border-radius:0}
.when{min-width:9rem}.tag{min-width:6.5em}.grow{flex:1 1 12rem;min-width:0}
.admit{display:grid;grid-template-columns:repeat(4,1fr);gap:.5rem;margin-top:1rem}.admit li{border:1px solid var(--line);border-radius:8px;padding:.4rem .6rem;font-size:.875rem}
.admit b{display:block;font-weight:600}
.deps{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:0 2.5rem}.deps li,.deps li:first-child,.deps li:last-child{border:0;padding:.45rem 0}
table{border-collapse:collapse;width:100%;font-size:.8125rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .5rem .25rem 0;text-align:right;border-top:1px solid var(--line);font-weight:400}th:first-child,td:first-child{text-align:left}thead th{color:var(--dim);border:0}
.bars{display:block;width:100%;height:3rem;forced-color-adjust:none}.b0{fill:var(--ready)}.b1{fill:var(--amber)}.b2{fill:var(--not_ready)}.hole{stroke:var(--hole);stroke-width:1;fill:none}
.defs{position:absolute}.ends{display:flex;justify-content:space-between;color:var(--dim);font-size:.8125rem}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;font-size:.8125rem;color:var(--dim);margin-top:.5rem}.legend li,.legend li:first-child,.legend li:last-child{border:0;padding:0}.legend svg{width:.8rem;height:.8rem;margin-right:.35rem;vertical-align:-1px}
summary{cursor:pointer;font-size:.875rem;color:var(--link)}details{margin-top:.5rem}
@media(max-width:30rem){.verdict{padding:1.25rem 1rem}h1{font-size:2rem}.title svg{width:2.5rem;height:2.5rem}.lead{font-size:1.1875rem}.advice{grid-template-columns:1fr;gap:.1rem}.advice dd{margin-bottom:.5rem}.admit{grid-template-columns:repeat(2,1fr)}table{font-size:.6875rem}th,td{padding-right:.2rem}thead th{overflow-wrap:anywhere}}
`
