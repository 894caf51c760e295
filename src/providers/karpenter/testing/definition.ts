/** As much of Karpenter's CRD as we read. */
export const nodeClaimDefinition = {
  metadata: { name: 'nodeclaims.karpenter.sh' },
  spec: {
    group: 'karpenter.sh',
    scope: 'Cluster',
    names: { plural: 'nodeclaims', singular: 'nodeclaim', kind: 'NodeClaim', listKind: 'NodeClaimList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    ],
  },
}

/** NodePools, whose budgets bind repairs; their fields are open. */
export const nodePoolDefinition = {
  ...nodeClaimDefinition,
  metadata: { name: 'nodepools.karpenter.sh' },
  spec: {
    ...nodeClaimDefinition.spec,
    names: { plural: 'nodepools', singular: 'nodepool', kind: 'NodePool', listKind: 'NodePoolList' },
  },
}
