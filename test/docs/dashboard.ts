/** The queries of a Grafana dashboard, in the order of its panels. */
export function dashboardQueries(text: string): string[] {
  const found: string[] = []
  JSON.parse(text, (key, value) => {
    if (key === 'expr') found.push(String(value))
    return value
  })
  return found
}
