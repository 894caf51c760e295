/**
 * Every provider: what `--providers`, `spec.provider` in the CRD, the docs and the rights derive from. A new one:
 * docs/how-to/add-a-provider.md.
 */
import type { NodeView, PoolMembership } from '../model/node.ts'
import { autoScaling } from './auto-scaling/provider.ts'
import { clusterApi } from './cluster-api/provider.ts'
import { eks } from './eks/provider.ts'
import { embedded } from './embedded/provider.ts'
import { karpenter } from './karpenter/provider.ts'
import { medik8s } from './medik8s/provider.ts'
import type { Provider, ProviderKind, ProviderParts } from './provider.ts'
import { webhook } from './webhook/provider.ts'

export const providerKinds = {
  karpenter,
  eks,
  'auto-scaling': autoScaling,
  'cluster-api': clusterApi,
  medik8s,
  webhook,
  embedded,
} as const satisfies Readonly<Record<string, ProviderKind>>

export type ProviderName = keyof typeof providerKinds
export const providerNames = Object.keys(providerKinds) as readonly ProviderName[] // the keys of the literal

/** Labels by which providers know their pools, whether they are run or not. */
export const poolLabels: readonly string[] = providerNames.map((name) => providerKinds[name].poolLabel)

/** The taint of a provider that empties nodes itself; undefined where it does not. */
export function drainTaintOf(name: string): string | undefined {
  const kind: ProviderKind | undefined = providerNames.includes(name as ProviderName) // a plan may name any
    ? providerKinds[name as ProviderName]
    : undefined
  return kind?.drainTaint
}

/** The providers of these names, in this order: the one in which `auto` asks them. */
export function providersNamed(names: readonly ProviderName[], parts: ProviderParts): readonly Provider[] {
  return names.map((name) => providerOf(name, providerKinds[name], parts))
}

/** The provider of one kind. */
export function providerOf(name: string, kind: ProviderKind, parts: ProviderParts): Provider {
  return { ...kind.make(parts), name, can: kind.can, poolOf: ({ labels }) => labels[kind.poolLabel] }
}

/** The pools of `node` among those of `providers`, in their order. */
export function poolsOf(node: Pick<NodeView, 'labels'>, providers: readonly Provider[]): readonly PoolMembership[] {
  return providers.flatMap((provider) => {
    const pool = provider.poolOf(node)
    return pool === undefined ? [] : [{ provider: provider.name, pool, can: provider.can }]
  })
}
