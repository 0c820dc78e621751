// Package dns answers the names of a cluster's Services, and of nothing else.
package dns

import (
	"context"

	"github.com/spf13/cobra"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// NewCommand is the component: it serves until it is ended.
func NewCommand() *cobra.Command {
	var kubeconfig, address string
	command := &cobra.Command{
		Use:   "dns",
		Short: "Answer the names of Services",
		RunE: func(command *cobra.Command, _ []string) error {
			return serve(command.Context(), kubeconfig, address)
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "file that tells how to reach the API server")
	command.Flags().StringVar(&address, "listen", "", "ADDRESS:PORT to answer at, over UDP and TCP")
	return command
}

func serve(ctx context.Context, kubeconfig, address string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	records := &records{
		services: factory.Core().V1().Services().Lister(),
		slices:   factory.Discovery().V1().EndpointSlices().Lister(),
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return listen(address, records)
}
