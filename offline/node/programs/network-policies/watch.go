package main

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/fsnotify/fsnotify"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	networkinglisters "k8s.io/client-go/listers/networking/v1"
	"k8s.io/client-go/tools/cache"

	"tandem.invalid/node/network-policies/rules"
)

// watched is the present state of all that the node's rules depend on.
type watched struct {
	node       string
	pods       corelisters.PodLister
	namespaces corelisters.NamespaceLister
	policies   networkinglisters.NetworkPolicyLister
}

// watch returns once everything is known, and signals each change from then on.
func watch(ctx context.Context, client kubernetes.Interface, node string, changes signals) (*watched, error) {
	factory := informers.NewSharedInformerFactory(client, 0)
	core, networking := factory.Core().V1(), factory.Networking().V1()
	changed := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { changes.send() },
		UpdateFunc: func(any, any) { changes.send() },
		DeleteFunc: func(any) { changes.send() },
	}
	for _, informer := range []cache.SharedIndexInformer{
		core.Pods().Informer(), core.Namespaces().Informer(), networking.NetworkPolicies().Informer(),
	} {
		if _, err := informer.AddEventHandler(changed); err != nil {
			return nil, err
		}
	}
	if err := watchFolder(sandboxes, changes); err != nil {
		return nil, err
	}
	factory.StartWithContext(ctx)
	for kind, known := range factory.WaitForCacheSync(ctx.Done()) {
		if !known {
			return nil, fmt.Errorf("the API server does not list %v: %w", kind, context.Cause(ctx))
		}
	}
	return &watched{node, core.Pods().Lister(), core.Namespaces().Lister(), networking.NetworkPolicies().Lister()}, nil
}

func watchFolder(folder string, changes signals) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	go func() {
		for range watcher.Events {
			changes.send()
		}
	}()
	return watcher.Add(folder)
}

// cluster returns what the rules are worked out from.
func (watched *watched) cluster() *rules.Cluster {
	// These lists come from memory and cannot fail.
	pods, _ := watched.pods.List(labels.Everything())
	namespaces, _ := watched.namespaces.List(labels.Everything())
	policies, _ := watched.policies.List(labels.Everything())
	cluster := &rules.Cluster{Node: watched.node, Namespaces: map[string]labels.Set{}, Policies: policies}
	for _, namespace := range namespaces {
		cluster.Namespaces[namespace.Name] = namespace.Labels
	}
	for pod, address := range addresses(pods, watched.node, readSandboxes(sandboxes)) {
		cluster.Pods = append(cluster.Pods, rulesPod(pod, address))
	}
	return cluster
}

func rulesPod(pod *corev1.Pod, address netip.Addr) *rules.Pod {
	result := &rules.Pod{Namespace: pod.Namespace, Name: pod.Name, Node: pod.Spec.NodeName, Labels: pod.Labels, Address: address}
	add := func(container corev1.Container) {
		for _, port := range container.Ports {
			if protocol, ok := rules.ProtocolOf(port.Protocol); ok && port.Name != "" {
				result.Ports = append(result.Ports, rules.NamedPort{Name: port.Name, Protocol: protocol, Number: uint16(port.ContainerPort)})
			}
		}
	}
	for _, container := range pod.Spec.InitContainers {
		// Sidecars are init containers that go on running.
		if container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			add(container)
		}
	}
	for _, container := range pod.Spec.Containers {
		add(container)
	}
	return result
}
