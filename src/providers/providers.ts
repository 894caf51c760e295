/** What each provider's name stands for. A new one: docs/how-to/add-a-provider.md. */
import type { ProviderName } from '../model/repair.ts'
import { embeddedProvider } from './embedded/provider.ts'
import { karpenterProvider } from './karpenter/provider.ts'
import type { Provider, ProviderParts } from './provider.ts'

const makers: Readonly<Record<ProviderName, (parts: ProviderParts) => Provider>> = {
  karpenter: karpenterProvider,
  embedded: embeddedProvider,
}

/** The providers of these names, in this order: the one in which `auto` asks them. */
export function providersNamed(names: readonly ProviderName[], parts: ProviderParts): readonly Provider[] {
  return names.map((name) => makers[name](parts))
}
