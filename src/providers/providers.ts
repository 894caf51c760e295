/** What each provider's name stands for. A new provider is a folder beside this file and one line here. */
import type { Api } from '../kube/api.ts'
import type { ProviderName } from '../model/repair.ts'
import type { Clock } from '../telemetry/clock.ts'
import { embeddedProvider } from './embedded/provider.ts'
import { karpenterProvider } from './karpenter/provider.ts'
import type { Provider } from './provider.ts'

const makers: Readonly<Record<ProviderName, (api: Api, clock: Clock) => Provider>> = {
  karpenter: karpenterProvider,
  embedded: embeddedProvider,
}

/** The providers of these names, in this order: the one in which `auto` asks them. */
export function providersNamed(names: readonly ProviderName[], api: Api, clock: Clock): readonly Provider[] {
  return names.map((name) => makers[name](api, clock))
}
