// Command karpenter is Karpenter with its kwok provider and one change: its repair policies act on the five node
// conditions that Nodemend reports. On AWS the same list is part of Karpenter's own provider; the kwok provider knows
// only Ready, so without this a real Karpenter could not be shown to act on what we report.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	kwok "sigs.k8s.io/karpenter/kwok/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/cloudprovider/overlay"
	"sigs.k8s.io/karpenter/pkg/controllers"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	"sigs.k8s.io/karpenter/pkg/operator"
)

// Environment variable with the seconds a condition must have been False before Karpenter repairs the node.
const tolerationVariable = "REPAIR_TOLERATION_SECONDS"

var repairedConditions = []corev1.NodeConditionType{
	"KernelReady",
	"NetworkingReady",
	"StorageReady",
	"ContainerRuntimeReady",
	"AcceleratedHardwareReady",
}

type provider struct {
	cloudprovider.CloudProvider
	toleration time.Duration
}

func (p provider) RepairPolicies() []cloudprovider.RepairPolicy {
	policies := make([]cloudprovider.RepairPolicy, 0, len(repairedConditions))
	for _, condition := range repairedConditions {
		policies = append(policies, cloudprovider.RepairPolicy{
			ConditionType:      condition,
			ConditionStatus:    corev1.ConditionFalse,
			TolerationDuration: p.toleration,
		})
	}
	return policies
}

func main() {
	seconds, err := strconv.ParseFloat(os.Getenv(tolerationVariable), 64)
	if err != nil {
		fail("%s: want seconds: %v", tolerationVariable, err)
	}
	ctx, op := operator.NewOperator()
	instanceTypes, err := kwok.ConstructInstanceTypes(ctx)
	if err != nil {
		fail("reading the instance types: %v", err)
	}
	bare := provider{
		CloudProvider: kwok.NewCloudProvider(ctx, op.GetClient(), instanceTypes),
		toleration:    time.Duration(seconds * float64(time.Second)),
	}
	decorated := overlay.Decorate(bare, op.GetClient(), op.InstanceTypeStore)
	op.WithControllers(ctx, controllers.NewControllers(
		ctx,
		op.Manager,
		op.Clock,
		op.GetClient(),
		op.EventRecorder,
		decorated,
		bare,
		state.NewCluster(op.Clock, op.GetClient(), decorated),
		op.InstanceTypeStore,
	)...).Start(ctx)
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}
