package fakenode

import (
	"context"
	"fmt"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"
)

// How many addresses there are in 10.244.0.0/16 when those that end in 0 and 255 are left out.
const addresses = 256 * 254

// pods are those of the node. One thread.
type pods struct {
	client  kubernetes.Interface
	started int // How many so far.
}

// advance ends a Pod that is to go and lets a pending one run. A Pod that is gone, or is another
// than `pod` meanwhile, is told of again.
func (p *pods) advance(ctx context.Context, pod *core.Pod) (err error) {
	pods := p.client.CoreV1().Pods(pod.Namespace)
	switch {
	case pod.DeletionTimestamp != nil:
		err = pods.Delete(ctx, pod.Name, meta.DeleteOptions{
			GracePeriodSeconds: ptr.To[int64](0),
			Preconditions:      meta.NewUIDPreconditions(string(pod.UID)),
		})
	case pod.Status.Phase == core.PodPending:
		_, err = pods.UpdateStatus(ctx, p.start(pod), meta.UpdateOptions{})
	}
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

// start returns the Pod as a kubelet would report it: running and ready, or, if it is one that is
// not restarted when it ends, ended well.
func (p *pods) start(pending *core.Pod) *core.Pod {
	pod, now := pending.DeepCopy(), meta.Now()
	ip := fmt.Sprintf("10.244.%d.%d", p.started%addresses/254, p.started%254+1)
	p.started++
	status := &pod.Status
	status.Phase, status.StartTime = core.PodRunning, &now
	status.HostIP, status.HostIPs = address, []core.HostIP{{IP: address}}
	status.PodIP, status.PodIPs = ip, []core.PodIP{{IP: ip}}
	state := core.ContainerState{Running: &core.ContainerStateRunning{StartedAt: now}}
	ready := core.ConditionTrue
	if pod.Spec.RestartPolicy != core.RestartPolicyAlways {
		status.Phase, ready = core.PodSucceeded, core.ConditionFalse
		state = core.ContainerState{Terminated: &core.ContainerStateTerminated{
			Reason: "Completed", StartedAt: now, FinishedAt: now,
		}}
	}
	for _, condition := range []core.PodCondition{
		{Type: core.PodInitialized, Status: core.ConditionTrue, LastTransitionTime: now},
		{Type: core.ContainersReady, Status: ready, LastTransitionTime: now},
		{Type: core.PodReady, Status: ready, LastTransitionTime: now},
	} {
		status.Conditions = append(status.Conditions, condition)
	}
	for _, container := range pod.Spec.Containers {
		status.ContainerStatuses = append(status.ContainerStatuses, core.ContainerStatus{
			Name: container.Name, Image: container.Image, ImageID: "fake",
			ContainerID: fmt.Sprintf("fake://%s/%s", pod.UID, container.Name),
			Ready:       state.Running != nil, Started: ptr.To(state.Running != nil), State: state,
		})
	}
	return pod
}
