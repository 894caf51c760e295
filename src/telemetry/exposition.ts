/**
 * Prometheus metrics without a client library (which costs + 8.7 MB RSS per node). A registry is a literal list of
 * metrics; `render` writes the text exposition format 0.0.4 or OpenMetrics 1.0.
 */

export type Labels = Readonly<Record<string, string>>

interface Named {
  readonly name: string
  readonly help: string
}

export interface CounterSpec extends Named {
  /**
   * Label sets that are shown from the start, as 0 until something is counted: increase() and rate() see nothing of a
   * series that begins at 1. Called at each rendering, so that it may depend on the settings in force.
   */
  readonly known?: () => Iterable<Labels>
}

export type GaugeSpec = CounterSpec

export interface HistogramSpec extends Named {
  /** Upper bounds in ascending order, without +Inf. */
  readonly buckets: readonly number[]
}

/** A registered metric, for the reference page. */
export interface MetricSpec extends CounterSpec {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly buckets?: readonly number[]
}

/** A counter: it only grows. */
export interface Counter {
  /** Adds `by`, 1 unless given. */
  add(labels?: Labels, by?: number): void
  /** Sets a total that another part counts; it must not fall. */
  total(value: number, labels?: Labels): void
}

/** A gauge: it rises and falls. */
export interface Gauge {
  set(value: number, labels?: Labels): void
  /** Adds `by`, 1 unless given: for a family that is rebuilt by counting. */
  add(labels?: Labels, by?: number): void
  /** Removes every series. */
  reset(): void
}

/** A histogram: it counts observations by size. */
export interface Histogram {
  observe(value: number, labels?: Labels): void
}

/** `text` is the exposition format 0.0.4; `openmetrics` is OpenMetrics 1.0, which Prometheus asks for first. */
export type MetricsFormat = 'text' | 'openmetrics'

interface Series {
  readonly labels: Labels
  value: number
  readonly counts: number[]
  sum: number
}

type SeriesAt = ((labels: Labels) => Series) & { readonly series: Map<string, Series> }

/** The metrics of one process. `render` is the body of `GET /metrics`. */
export class Registry {
  readonly #metrics: { readonly spec: MetricSpec; readonly series: Map<string, Series> }[] = []

  counter(spec: CounterSpec): Counter {
    const at = this.#register({ ...spec, type: 'counter' })
    return {
      add: (labels = {}, by = 1) => {
        at(labels).value += by
      },
      total: (value, labels = {}) => {
        at(labels).value = value
      },
    }
  }

  gauge(spec: GaugeSpec): Gauge {
    const at = this.#register({ ...spec, type: 'gauge' })
    return {
      set: (value, labels = {}) => {
        at(labels).value = value
      },
      add: (labels = {}, by = 1) => {
        at(labels).value += by
      },
      reset: () => at.series.clear(),
    }
  }

  histogram(spec: HistogramSpec): Histogram {
    const at = this.#register({ ...spec, type: 'histogram' })
    return {
      observe: (value, labels = {}) => {
        const into = at(labels)
        const bucket = spec.buckets.findIndex((bound) => value <= bound)
        const index = bucket < 0 ? spec.buckets.length : bucket
        into.counts[index] = (into.counts[index] ?? 0) + 1
        into.sum += value
      },
    }
  }

  /** The series of these labels, made at their first use. */
  #register(spec: MetricSpec): SeriesAt {
    if (this.#metrics.some((known) => known.spec.name === spec.name)) throw new Error(`metric ${spec.name} exists`)
    const series = new Map<string, Series>()
    this.#metrics.push({ spec, series })
    const at = (labels: Labels): Series => {
      const key = keyOf(labels)
      let found = series.get(key)
      if (!found) {
        found = { labels, value: 0, counts: new Array((spec.buckets?.length ?? 0) + 1).fill(0), sum: 0 }
        series.set(key, found)
      }
      return found
    }
    return Object.assign(at, { series })
  }

  /** What is registered, in order: for the reference page. */
  specs(): readonly MetricSpec[] {
    return this.#metrics.map(({ spec }) => spec)
  }

  render(format: MetricsFormat = 'text'): string {
    const lines: string[] = []
    for (const { spec, series } of this.#metrics) {
      // OpenMetrics names the family of a counter without the suffix of its samples.
      const family = format === 'openmetrics' && spec.type === 'counter' ? spec.name.replace(/_total$/, '') : spec.name
      lines.push(`# HELP ${family} ${escapeHelp(spec.help)}`, `# TYPE ${family} ${spec.type}`)
      for (const labels of spec.known?.() ?? []) {
        if (!series.has(keyOf(labels))) lines.push(`${spec.name}${labelText(labels)} 0`)
      }
      for (const one of series.values()) {
        if (spec.type === 'histogram') lines.push(...histogramLines(spec, one))
        else lines.push(`${spec.name}${labelText(one.labels)} ${numberText(one.value)}`)
      }
    }
    if (format === 'openmetrics') lines.push('# EOF')
    return `${lines.join('\n')}\n`
  }
}

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function histogramLines(spec: MetricSpec, series: Series): string[] {
  const bounds = [...(spec.buckets ?? []).map(numberText), '+Inf']
  let total = 0
  const buckets = bounds.map((le, index) => {
    total += series.counts[index] ?? 0
    return `${spec.name}_bucket${labelText({ ...series.labels, le })} ${total}`
  })
  const label = labelText(series.labels)
  return [...buckets, `${spec.name}_sum${label} ${numberText(series.sum)}`, `${spec.name}_count${label} ${total}`]
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return String(value)
}
