/** The CustomResourceDefinitions, made out of the schemas that also check what users write. */
import * as z from 'zod'
import { nodeHealthReport } from '../detect/report/health/schema.ts'
import type { KubeObject, Resource } from '../kube/api.ts'
import { nodeHealths, nodeRepairs, remediations, remediationTemplates, repairPolicies } from '../kube/api.ts'
import { attemptSpec, attemptStatus } from './attempt/schema.ts'
import { policySpec } from './policy/schema.ts'
import { policyStatus } from './policy/status.ts'
import { remediationSpec, remediationStatus, remediationTemplateSpec } from './remediation/schema.ts'

/** A CRD as apiextensions.k8s.io/v1 takes it, as far as we fill it in. */
export interface CustomResourceDefinition extends KubeObject {
  readonly apiVersion: 'apiextensions.k8s.io/v1'
  readonly kind: 'CustomResourceDefinition'
  readonly spec: {
    readonly group: string
    readonly scope: 'Cluster' | 'Namespaced'
    readonly names: {
      readonly plural: string
      readonly singular: string
      readonly kind: string
      readonly listKind: string
      readonly shortNames: readonly string[]
      readonly categories: readonly string[]
    }
    readonly versions: readonly CrdVersion[]
  }
}

interface CrdVersion {
  readonly name: string
  readonly served: boolean
  readonly storage: boolean
  readonly schema: { readonly openAPIV3Schema: Schema }
  readonly subresources: { readonly status?: Readonly<Record<string, never>> }
  readonly additionalPrinterColumns: readonly Column[]
}

export interface Column {
  readonly name: string
  readonly type: 'string' | 'date' | 'integer'
  readonly jsonPath: string
  readonly priority?: number
}

type Schema = { readonly [key: string]: unknown }

/** Every CRD, in a stable order. */
export function crds(): readonly CustomResourceDefinition[] {
  return [
    crd(repairPolicies, 'rpol', { spec: policySpec, status: policyStatus }, [
      { name: 'Mode', type: 'string', jsonPath: '.spec.mode' },
      { name: 'Ladder', type: 'string', jsonPath: '.spec.ladder' },
      { name: 'Action', type: 'string', jsonPath: '.spec.action' },
      { name: 'Accepted', type: 'string', jsonPath: '.status.conditions[?(@.type=="Accepted")].status' },
      { name: 'In-Force', type: 'string', jsonPath: '.status.conditions[?(@.type=="InForce")].status' },
      { name: 'Safeguarded', type: 'string', jsonPath: '.status.conditions[?(@.type=="Safeguarded")].status' },
      { name: 'Why', type: 'string', jsonPath: '.status.conditions[?(@.type=="InForce")].message', priority: 1 },
      {
        name: 'Hazards',
        type: 'string',
        jsonPath: '.status.conditions[?(@.type=="Safeguarded")].message',
        priority: 1,
      },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ]),
    crd(nodeRepairs, 'nrep', { spec: attemptSpec, status: attemptStatus }, [
      { name: 'Node', type: 'string', jsonPath: '.spec.nodeName' },
      { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
      { name: 'Condition', type: 'string', jsonPath: '.status.decision.rule.condition' },
      { name: 'Reason', type: 'string', jsonPath: '.status.decision.rule.reason' },
      { name: 'Outcome', type: 'string', jsonPath: '.status.decision.outcome' },
      { name: 'Decided-By', type: 'string', jsonPath: '.status.decision.decidedBy' },
      { name: 'Proven-On', type: 'string', jsonPath: '.status.successorName', priority: 1 },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ]),
    crd(nodeHealths, 'nhealth', { report: nodeHealthReport }, [
      { name: 'Severity', type: 'string', jsonPath: '.report.findings[0].severity' },
      { name: 'Reason', type: 'string', jsonPath: '.report.findings[0].reason' },
      { name: 'Device', type: 'string', jsonPath: '.report.findings[0].device.name' },
      { name: 'Serial', type: 'string', jsonPath: '.report.findings[0].device.serial', priority: 1 },
      { name: 'Kernel', type: 'string', jsonPath: '.report.machine.kernel' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ]),
    crd(remediations, 'nrem', { spec: remediationSpec, status: remediationStatus }, [
      { name: 'Processing', type: 'string', jsonPath: '.status.conditions[?(@.type=="Processing")].status' },
      { name: 'Succeeded', type: 'string', jsonPath: '.status.conditions[?(@.type=="Succeeded")].status' },
      { name: 'Why', type: 'string', jsonPath: '.status.conditions[?(@.type=="Processing")].message' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ]),
    crd(remediationTemplates, 'nremt', { spec: remediationTemplateSpec }, [
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ]),
  ]
}

/** The definition of one resource of ours. `shortName`: for kubectl. */
export function crd(
  { group, version, plural, kind, namespaced }: Resource,
  shortName: string,
  /** The fields beside the metadata; the first is required, and `status` is written by itself. */
  fields: Readonly<Record<string, z.ZodType>>,
  additionalPrinterColumns: readonly Column[],
): CustomResourceDefinition {
  const names = {
    plural,
    singular: kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    shortNames: [shortName],
    categories: ['nodemend'],
  }
  const openAPIV3Schema = {
    type: 'object',
    required: Object.keys(fields).slice(0, 1),
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      ...Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, structural(schema)])),
    },
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names,
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema },
          subresources: 'status' in fields ? { status: {} } : {},
          additionalPrinterColumns,
        },
      ],
    },
  }
}

function structural(schema: z.ZodType): Schema {
  return trimmed(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }))
}

/**
 * Takes out what a server would not keep, so that an apply by a second manager is no conflict: the bounds of a double's safe integers,
 * which `z.int()` adds to every integer, and an empty list of properties.
 */
function trimmed(schema: Schema): Schema {
  const entries = Object.entries(schema).filter(
    ([key, value]) =>
      !(key === 'maximum' && value === Number.MAX_SAFE_INTEGER) &&
      !(key === 'minimum' && value === Number.MIN_SAFE_INTEGER) &&
      !(key === 'properties' && isSchema(value) && Object.keys(value).length === 0),
  )
  return Object.fromEntries(entries.map(([key, value]) => [key, isSchema(value) ? trimmed(value) : value]))
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
