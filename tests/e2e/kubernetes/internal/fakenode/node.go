package fakenode

import (
	"context"
	"runtime"
	"time"

	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"
)

const (
	address       = "10.245.0.1" // As the real node of these clusters has.
	leaseDuration = 40           // Seconds.
)

// register creates the Node; one that is there already is as good.
func register(ctx context.Context, client kubernetes.Interface, name string) error {
	now := meta.Now()
	resources := core.ResourceList{
		core.ResourceCPU:              resource.MustParse("32"),
		core.ResourceMemory:           resource.MustParse("64Gi"),
		core.ResourceEphemeralStorage: resource.MustParse("100Gi"),
		core.ResourcePods:             resource.MustParse("1000"),
	}
	node := &core.Node{
		ObjectMeta: meta.ObjectMeta{Name: name, Labels: map[string]string{
			core.LabelHostname:   name,
			core.LabelOSStable:   runtime.GOOS,
			core.LabelArchStable: runtime.GOARCH,
		}},
		Status: core.NodeStatus{
			Capacity:    resources,
			Allocatable: resources,
			Addresses: []core.NodeAddress{
				{Type: core.NodeInternalIP, Address: address},
				{Type: core.NodeHostName, Address: name},
			},
			NodeInfo: core.NodeSystemInfo{
				KubeletVersion: "fake", OperatingSystem: runtime.GOOS, Architecture: runtime.GOARCH,
			},
			Conditions: []core.NodeCondition{{
				Type: core.NodeReady, Status: core.ConditionTrue, Reason: "Fake",
				LastHeartbeatTime: now, LastTransitionTime: now,
			}},
		},
	}
	_, err := client.CoreV1().Nodes().Create(ctx, node, meta.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// renewLease says that the node lives.
func renewLease(ctx context.Context, client kubernetes.Interface, name string) error {
	leases := client.CoordinationV1().Leases(core.NamespaceNodeLease)
	spec := coordination.LeaseSpec{
		HolderIdentity:       &name,
		LeaseDurationSeconds: ptr.To[int32](leaseDuration),
		RenewTime:            ptr.To(meta.NewMicroTime(time.Now())),
	}
	lease, err := leases.Get(ctx, name, meta.GetOptions{})
	if apierrors.IsNotFound(err) {
		lease = &coordination.Lease{ObjectMeta: meta.ObjectMeta{Name: name}, Spec: spec}
		_, err = leases.Create(ctx, lease, meta.CreateOptions{})
		return err
	}
	if err != nil {
		return err
	}
	lease.Spec = spec
	_, err = leases.Update(ctx, lease, meta.UpdateOptions{})
	return err
}
