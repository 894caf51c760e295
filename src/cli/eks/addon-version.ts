/** Which version of an add-on EKS recommends for a Kubernetes version. */
import type { AddonInfo } from '@aws-sdk/client-eks'

export interface Recommendation {
  readonly addon: string
  readonly kubernetes: string
  /** The version that EKS marks as default for this Kubernetes version. */
  readonly recommended: string
  /** The newest one that fits. */
  readonly newest: string
}

/** Undefined when no version of the add-on fits. Where EKS marks none as default, the newest is the recommended one. */
export function recommend(addon: string, kubernetes: string, infos: readonly AddonInfo[]): Recommendation | undefined {
  const fitting = infos
    .filter(({ addonName }) => addonName === addon)
    .flatMap(({ addonVersions = [] }) => addonVersions)
    .flatMap(({ addonVersion, compatibilities = [] }) => {
      const fits = compatibilities.filter(({ clusterVersion }) => clusterVersion === kubernetes)
      if (addonVersion === undefined || fits.length === 0) return []
      return [{ version: addonVersion, isDefault: fits.some(({ defaultVersion }) => defaultVersion) }]
    })
    .sort((a, b) => compareVersions(b.version, a.version))
  const [newest] = fitting
  if (!newest) return undefined
  const recommended = fitting.find(({ isDefault }) => isDefault) ?? newest
  return { addon, kubernetes, recommended: recommended.version, newest: newest.version }
}

/** Orders `v1.10.0-eksbuild.2` after `v1.9.1-eksbuild.3`: number by number. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function numbersOf(version: string): readonly number[] {
  return (version.match(/\d+/g) ?? []).map(Number)
}
