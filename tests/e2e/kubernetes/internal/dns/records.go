package dns

import (
	"net/netip"
	"strings"

	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	corelisters "k8s.io/client-go/listers/core/v1"
	discoverylisters "k8s.io/client-go/listers/discovery/v1"
)

// What all names end with, after SERVICE.NAMESPACE.
const zone = ".svc.cluster.local"

// records are the A records of a cluster; thread-safe.
type records struct {
	services corelisters.ServiceLister
	slices   discoverylisters.EndpointSliceLister
}

// lookup returns the addresses of a name without its last dot, and whether there is such a name.
// Source: "Kubernetes DNS-Based Service Discovery" 1.1.0, sections 2.3 and 2.4: a Service with a
// cluster address has that, a headless one those of its ready endpoints, which may have names of
// their own below it. An ExternalName has no address.
func (r *records) lookup(name string) (addresses []netip.Addr, exists bool) {
	inZone, found := strings.CutSuffix(strings.ToLower(name), zone)
	words := strings.Split(inZone, ".")
	if !found || len(words) < 2 || len(words) > 3 {
		return nil, false
	}
	host, serviceName, namespace := "", words[len(words)-2], words[len(words)-1]
	if len(words) == 3 {
		host = words[0]
	}
	service, err := r.services.Services(namespace).Get(serviceName)
	switch {
	case err != nil:
		return nil, false
	case service.Spec.Type == core.ServiceTypeExternalName:
		return nil, host == ""
	case service.Spec.ClusterIP != core.ClusterIPNone:
		if host != "" {
			return nil, false
		}
		return parse(service.Spec.ClusterIP), true
	}
	addresses = r.endpoints(service, host)
	return addresses, host == "" || len(addresses) > 0
}

// endpoints returns the addresses behind a headless Service; with host only those of that name.
func (r *records) endpoints(service *core.Service, host string) (addresses []netip.Addr) {
	ofService := labels.SelectorFromSet(labels.Set{discovery.LabelServiceName: service.Name})
	slices, err := r.slices.EndpointSlices(service.Namespace).List(ofService)
	if err != nil {
		return nil
	}
	for _, slice := range slices {
		for _, endpoint := range slice.Endpoints {
			// "nil should be interpreted as true": discovery.k8s.io/v1.
			ready := endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready
			if !ready && !service.Spec.PublishNotReadyAddresses {
				continue
			}
			if host == "" || endpoint.Hostname != nil && *endpoint.Hostname == host {
				addresses = append(addresses, parse(endpoint.Addresses...)...)
			}
		}
	}
	return addresses
}

// parse keeps the IPv4 addresses.
func parse(texts ...string) (addresses []netip.Addr) {
	for _, text := range texts {
		if address, err := netip.ParseAddr(text); err == nil && address.Is4() {
			addresses = append(addresses, address)
		}
	}
	return addresses
}
