// Package fakenode is a node without a machine: its Pods have the status of Pods that run well, at
// once, and nothing runs. For tests of what is made of Deployments, Services and the like.
package fakenode

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// What failed is tried again, and the lease renewed, so often. The node counts as gone 40 s after
// its last renewal: leaseDuration.
const period = 10 * time.Second

// NewCommand is the component: it is the node until it is ended.
func NewCommand() *cobra.Command {
	var kubeconfig, name string
	command := &cobra.Command{
		Use:   "fakenode",
		Short: "Be a node whose Pods run at once, and are not",
		RunE: func(command *cobra.Command, _ []string) error {
			return serve(command.Context(), kubeconfig, name)
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "file that tells how to reach the API server")
	command.Flags().StringVar(&name, "name", "", "name of the node")
	return command
}

func serve(ctx context.Context, kubeconfig, name string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS = -1 // No limit.
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	if err := register(ctx, client, name); err != nil {
		return err
	}
	watchPods(ctx, client, name)
	for ; ctx.Err() == nil; time.Sleep(period) {
		report("lease", renewLease(ctx, client, name))
	}
	return ctx.Err()
}

// watchPods brings the Pods of node `name` to where they should be, now and whenever they change.
func watchPods(ctx context.Context, client kubernetes.Interface, name string) {
	onNode := informers.WithTweakListOptions(func(options *meta.ListOptions) {
		options.FieldSelector = fields.OneTermEqualSelector("spec.nodeName", name).String()
	})
	factory := informers.NewSharedInformerFactoryWithOptions(client, period, onNode)
	pods := pods{client: client}
	visit := func(object any) {
		pod := object.(*core.Pod)
		report(pod.Namespace+"/"+pod.Name, pods.advance(ctx, pod))
	}
	factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    visit,
		UpdateFunc: func(_, object any) { visit(object) },
	})
	factory.Start(ctx.Done())
}

func report(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
	}
}
