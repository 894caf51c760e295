/**
 * The kinds of the Prometheus Operator, with the fields that the chart writes. A field that is not declared is refused by
 * strict validation. Field names: its API reference, monitoring.coreos.com/v1.
 */

const text = { type: 'string' }
const texts = { type: 'array', items: text }
const map = { type: 'object', additionalProperties: text }
const object = (properties: object) => ({ type: 'object', properties })
const list = (properties: object) => ({ type: 'array', items: object(properties) })

const selector = object({
  matchLabels: map,
  matchExpressions: list({ key: text, operator: text, values: texts }),
})
const endpoint = {
  port: text,
  path: text,
  interval: text,
  relabelings: list({ sourceLabels: texts, targetLabel: text }),
}
const shared = { namespaceSelector: object({ matchNames: texts }), selector }
const rule = {
  alert: text,
  record: text,
  expr: { 'x-kubernetes-int-or-string': true },
  for: text,
  keep_firing_for: text,
  labels: map,
  annotations: map,
}

export const monitoringDefinitions = [
  definition('ServiceMonitor', { ...shared, endpoints: list(endpoint) }),
  definition('PodMonitor', { ...shared, podMetricsEndpoints: list(endpoint) }),
  definition('PrometheusRule', { groups: list({ name: text, interval: text, rules: list(rule) }) }),
]

function definition(kind: string, spec: object) {
  const group = 'monitoring.coreos.com'
  const plural = `${kind.toLowerCase()}s`
  const openAPIV3Schema = object({ spec: object(spec) })
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      annotations: {
        'api-approved.kubernetes.io': 'https://github.com/prometheus-operator/prometheus-operator/pull/2178',
      },
    },
    spec: { group, scope: 'Namespaced', names: { kind, plural, singular: kind.toLowerCase() }, versions: [version] },
  }
}
