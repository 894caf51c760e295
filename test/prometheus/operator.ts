/**
 * The scrape configuration that the Prometheus Operator makes of a monitor, as far as the chart and the pages write one, with
 * its `serviceDiscoveryRole: EndpointSlice`. From pkg/prometheus/promcfg.go of prometheus-operator 0.85.
 */

export interface Monitor {
  readonly kind: 'ServiceMonitor' | 'PodMonitor'
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: {
    readonly namespaceSelector?: { readonly matchNames?: readonly string[] }
    readonly selector: {
      readonly matchLabels?: Readonly<Record<string, string>>
      readonly matchExpressions?: readonly {
        readonly key: string
        readonly operator: string
        readonly values: readonly string[]
      }[]
    }
    readonly endpoints?: readonly Endpoint[]
    readonly podMetricsEndpoints?: readonly Endpoint[]
  }
}

interface Endpoint {
  readonly port: string
  readonly path?: string
  readonly relabelings?: readonly { readonly sourceLabels: readonly string[]; readonly targetLabel: string }[]
}

type Rule = Readonly<Record<string, unknown>>

/** One scrape for each endpoint of the monitor. `discovery` and `scrape` are added to each, for a Prometheus outside the cluster. */
export function scrapesOf(monitor: Monitor, discovery: object, scrape: object): readonly object[] {
  const { kind, metadata, spec } = monitor
  const what = kind === 'ServiceMonitor' ? 'service' : 'pod'
  const names = spec.namespaceSelector?.matchNames ?? [metadata.namespace]
  const role = what === 'service' ? 'endpointslice' : 'pod'
  return (spec.endpoints ?? spec.podMetricsEndpoints ?? []).map(
    ({ port, path = '/metrics', relabelings = [] }, index) => ({
      job_name: `${what}Monitor/${metadata.namespace}/${metadata.name}/${index}`,
      kubernetes_sd_configs: [{ role, namespaces: { names }, ...discovery }],
      metrics_path: path,
      relabel_configs: [
        ...selected(monitor, what),
        keep(
          [
            what === 'service'
              ? '__meta_kubernetes_endpointslice_port_name'
              : '__meta_kubernetes_pod_container_port_name',
          ],
          port,
        ),
        { source_labels: ['__meta_kubernetes_pod_phase'], regex: '(Failed|Succeeded)', action: 'drop' },
        ...['namespace', 'pod_name', 'service_name'].map((from) =>
          take(`__meta_kubernetes_${from}`, from.replace('_name', '')),
        ),
        what === 'service'
          ? take('__meta_kubernetes_service_name', 'job')
          : { target_label: 'job', replacement: `${metadata.namespace}/${metadata.name}` },
        { target_label: 'endpoint', replacement: port },
        ...relabelings.map(({ sourceLabels, targetLabel }) => ({
          source_labels: sourceLabels,
          target_label: targetLabel,
        })),
      ],
      ...scrape,
    }),
  )
}

/** Labels of the Service, or of the pod, that the selector wants. */
function selected({ spec: { selector } }: Monitor, what: string): readonly Rule[] {
  const labels = Object.entries(selector.matchLabels ?? {})
    .toSorted()
    .map(([key, value]) => labelled(what, key, value))
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) => {
    if (operator !== 'In') throw new Error(`a selector by ${operator} is not written here yet`)
    return labelled(what, key, values.join('|'))
  })
  return [...labels, ...expressions]
}

function labelled(what: string, key: string, values: string): Rule {
  const name = key.replaceAll(/[^a-zA-Z0-9_]/g, '_')
  return keep(
    [`__meta_kubernetes_${what}_label_${name}`, `__meta_kubernetes_${what}_labelpresent_${name}`],
    `(${values});true`,
  )
}

const keep = (source_labels: readonly string[], regex: string): Rule => ({ source_labels, regex, action: 'keep' })
const take = (source: string, target_label: string): Rule => ({ source_labels: [source], target_label })
