type Labels = Readonly<Record<string, string>>

/** One value of a gauge or counter. */
export interface Sample {
  labels: Labels
  value: number
}

/** Counts per class, not added up; the last class has no upper bound. `sum`: all observed values together. */
interface Distribution {
  labels: Labels
  counts: readonly number[]
  sum: number
}

/** A metric as it is shown. A family without samples is left out. */
export type Family = { name: string; help: string } & (
  | { type: 'gauge' | 'counter'; labelNames: readonly string[]; samples: readonly Sample[] }
  | { type: 'histogram'; bounds: readonly number[]; distributions: readonly Distribution[] }
)

/** A family without labels; null: its value is not known. */
const single = (type: 'gauge' | 'counter', name: string, help: string, value: number | null): Family => ({
  ...{ type, name, help, labelNames: [] },
  samples: value === null ? [] : [{ labels: {}, value }],
})

export const gauge = (name: string, help: string, value: number | null): Family => single('gauge', name, help, value)

/** One value for each of the names, under one label. */
export const labelled = (
  type: 'gauge' | 'counter',
  name: string,
  help: string,
  label: string,
  values: readonly (readonly [of: string, value: number | null])[],
): Family => ({
  ...{ type, name, help, labelNames: [label] },
  samples: values.flatMap(([of, value]) => (value === null ? [] : [{ labels: { [label]: of }, value }])),
})

/** 1 for the name that holds and 0 for every other one, so that each is a series that always exists. */
export const oneHot = (name: string, help: string, label: string, names: readonly string[], holds: string): Family =>
  labelled(
    'gauge',
    name,
    help,
    label,
    names.map((each) => [each, each === holds ? 1 : 0]),
  )
