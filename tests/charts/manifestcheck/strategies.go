package main

import (
	"k8s.io/apiserver/pkg/registry/rest"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	_ "k8s.io/kubernetes/pkg/apis/rbac/install"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/apps/statefulset"
	"k8s.io/kubernetes/pkg/registry/batch/cronjob"
	"k8s.io/kubernetes/pkg/registry/batch/job"
	"k8s.io/kubernetes/pkg/registry/core/configmap"
	"k8s.io/kubernetes/pkg/registry/core/namespace"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolumeclaim"
	"k8s.io/kubernetes/pkg/registry/core/pod"
	"k8s.io/kubernetes/pkg/registry/core/secret"
	"k8s.io/kubernetes/pkg/registry/core/service"
	"k8s.io/kubernetes/pkg/registry/core/serviceaccount"
	"k8s.io/kubernetes/pkg/registry/networking/networkpolicy"
	"k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"
	"k8s.io/kubernetes/pkg/registry/rbac/clusterrole"
	"k8s.io/kubernetes/pkg/registry/rbac/clusterrolebinding"
	"k8s.io/kubernetes/pkg/registry/rbac/role"
	"k8s.io/kubernetes/pkg/registry/rbac/rolebinding"
)

// What the API server itself runs before it stores an object of each kind that a chart may hold.
var strategies = map[string]rest.RESTCreateStrategy{
	"ConfigMap":                             configmap.Strategy,
	"CronJob.batch":                         cronjob.Strategy,
	"Deployment.apps":                       deployment.Strategy,
	"Job.batch":                             job.Strategy,
	"Namespace":                             namespace.Strategy,
	"NetworkPolicy.networking.k8s.io":       networkpolicy.Strategy,
	"PersistentVolumeClaim":                 persistentvolumeclaim.Strategy,
	"Pod":                                   pod.Strategy,
	"PodDisruptionBudget.policy":            poddisruptionbudget.Strategy,
	"ClusterRole.rbac.authorization.k8s.io": clusterrole.Strategy,
	"ClusterRoleBinding.rbac.authorization.k8s.io": clusterrolebinding.Strategy,
	"Role.rbac.authorization.k8s.io":               role.Strategy,
	"RoleBinding.rbac.authorization.k8s.io":        rolebinding.Strategy,
	"Secret":                                       secret.Strategy,
	"Service":                                      service.Strategy,
	"ServiceAccount":                               serviceaccount.Strategy,
	"StatefulSet.apps":                             statefulset.Strategy,
}
