// Command manifestcheck reads Kubernetes manifests (a YAML stream) from standard input and prints one finding a line, as JSON:
// what an API server of the pinned version would refuse, and what the restricted Pod Security Standard would refuse.
//
// It is built from the API server's own code: strict decoding (unknown or repeated fields), defaulting, the create strategy of
// each kind's registry (names, required fields, allowed values), and the Pod Security admission policy. No cluster is needed.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	jsonserializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/core"
	psaadmission "k8s.io/pod-security-admission/admission"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type finding struct {
	Object string `json:"object"`
	Check  string `json:"check"`
	Detail string `json:"detail"`
}

func main() {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	out := json.NewEncoder(os.Stdout)
	reader := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		for _, f := range check(document, evaluator) {
			if err := out.Encode(f); err != nil {
				os.Exit(2)
			}
		}
	}
}

func check(document []byte, evaluator policy.Evaluator) []finding {
	var content struct {
		Kind     string
		Metadata struct{ Name string }
	}
	if err := yaml.Unmarshal(document, &content); err == nil && content.Kind == "" {
		return nil // only comments: a template that renders to nothing
	}
	name := content.Kind + "/" + content.Metadata.Name
	scheme := legacyscheme.Scheme
	strict := jsonserializer.NewSerializerWithOptions(jsonserializer.DefaultMetaFactory, scheme, scheme,
		jsonserializer.SerializerOptions{Yaml: true, Strict: true})
	object, _, err := strict.Decode(document, nil, nil)
	if err != nil && !runtime.IsStrictDecodingError(err) {
		return []finding{{name, "decode", err.Error()}}
	}
	var findings []finding
	if err != nil {
		findings = append(findings, finding{name, "strict", err.Error()})
	}
	scheme.Default(object)
	findings = append(findings, podSecurity(name, object, evaluator)...)
	return append(findings, validate(name, object)...)
}

func podSecurity(name string, object runtime.Object, evaluator policy.Evaluator) []finding {
	podMeta, podSpec, err := psaadmission.DefaultPodSpecExtractor{}.ExtractPodSpec(object)
	if err != nil || podSpec == nil {
		return nil // not a kind that makes pods
	}
	level := psa.LevelVersion{Level: psa.LevelRestricted, Version: psa.LatestVersion()}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, podMeta, podSpec))
	if result.Allowed {
		return nil
	}
	return []finding{{name, "pod-security", result.ForbiddenDetail()}}
}

func validate(name string, object runtime.Object) []finding {
	gvk := object.GetObjectKind().GroupVersionKind()
	strategy, known := strategies[gvk.GroupKind().String()]
	if !known {
		return []finding{{name, "kind", "no validation for " + gvk.GroupKind().String() + ": add it to strategies.go"}}
	}
	internal, err := legacyscheme.Scheme.ConvertToVersion(object, runtime.InternalGroupVersioner)
	if err != nil {
		return []finding{{name, "convert", err.Error()}}
	}
	accessor, err := meta.Accessor(internal)
	if err != nil {
		return []finding{{name, "convert", err.Error()}}
	}
	ctx := genericapirequest.WithRequestInfo(context.Background(), &genericapirequest.RequestInfo{
		IsResourceRequest: true, Verb: "create", APIGroup: gvk.Group, APIVersion: gvk.Version, Name: accessor.GetName(),
	})
	if strategy.NamespaceScoped() && accessor.GetNamespace() == "" {
		accessor.SetNamespace("default") // what `helm install` does to an object without one
	}
	ctx = genericapirequest.WithNamespace(ctx, accessor.GetNamespace())
	rest.FillObjectMetaSystemFields(accessor)
	if service, ok := internal.(*core.Service); ok && service.Spec.ClusterIP != "" {
		service.Spec.ClusterIPs = []string{service.Spec.ClusterIP} // the API server's address allocator does this
	}
	if err := rest.BeforeCreate(strategy, ctx, internal); err != nil {
		return []finding{{name, "validation", err.Error()}}
	}
	return nil
}
