/** The expressions of dashboards, as a Prometheus can be asked for them. */

export interface Panel {
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource: unknown
  readonly gridPos: { readonly x: number; readonly w: number }
  readonly targets: readonly { readonly expr: string; readonly refId: string }[]
}

/** The panels of a dashboard's JSON, without the titles of its rows. */
export function panelsOf(dashboard: string): readonly Panel[] {
  const { panels } = JSON.parse(dashboard) as { readonly panels: readonly Panel[] } // what our builders wrote
  return panels.filter(({ type }) => type !== 'row')
}

/** `expr` with Grafana's variables filled in. */
export function filledIn(expr: string, node: string, interval: string): string {
  return expr.replaceAll('$node', node).replaceAll('$__rate_interval', interval)
}
