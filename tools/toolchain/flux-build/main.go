// flux-build builds Flux Kustomizations as kustomize-controller does, with Flux's own packages and without a cluster.
//
// It reads one request a line from standard input, as JSON, and answers each with one line on standard output. It never writes into the
// source: the kustomization.yaml that the controller generates exists in memory only.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/fluxcd/pkg/kustomize"
	securefs "github.com/fluxcd/pkg/kustomize/filesys"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// request is one Kustomization to build.
type request struct {
	// Root is the absolute path of the source.
	Root string `json:"root"`
	// Kustomization is the Flux Kustomization.
	Kustomization map[string]any `json:"kustomization"`
	// Sources are the ConfigMaps and Secrets of its namespace, for substituteFrom.
	Sources []map[string]any `json:"sources,omitempty"`
	// Strict is the feature gate StrictPostBuildSubstitutions, which is on by default since kustomize-controller 1.9.
	Strict bool `json:"strict,omitempty"`
}

// answer is what the controller would apply, in its order, or why it would not.
type answer struct {
	Objects []json.RawMessage `json:"objects"`
	Error   string            `json:"error,omitempty"`
}

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	loadSchema()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<28)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return err
		}
		objects, err := build(r)
		a := answer{Objects: objects}
		if err != nil {
			a = answer{Error: err.Error()}
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}

func build(r request) ([]json.RawMessage, error) {
	kustomization := unstructured.Unstructured{Object: r.Kustomization}
	resources, err := generateAndBuild(r.Root, kustomization)
	if err != nil {
		return nil, err
	}
	if _, found, _ := unstructured.NestedMap(kustomization.Object, "spec", "postBuild"); found {
		if err := substitute(kustomization, resources, cluster{sources: r.Sources}, r.Strict); err != nil {
			return nil, err
		}
	}
	objects := []json.RawMessage{}
	for _, resource := range resources.Resources() {
		// As the controller does: MarshalJSON writes YAML and reads it again, which changes some folded scalars.
		text, err := resource.MarshalJSON()
		if err != nil {
			return nil, err
		}
		// The controller also reads this JSON as YAML, which has no control characters.
		if bytes.ContainsFunc(text, func(r rune) bool { return r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff }) {
			if _, err := resource.AsYAML(); err != nil {
				return nil, err
			}
		}
		if text, err = setCommonMetadata(kustomization, text); err != nil {
			return nil, err
		}
		objects = append(objects, text)
	}
	return objects, nil
}

func generateAndBuild(root string, kustomization unstructured.Unstructured) (resmap.ResMap, error) {
	path, _, err := unstructured.NestedString(kustomization.Object, "spec", "path")
	if err != nil {
		return nil, err
	}
	// A path cannot leave the source: the controller joins it as if the root were /.
	directory := filepath.Join(root, filepath.Join("/", path))
	manifest, file, _, err := kustomize.NewGenerator(root, kustomization).GenerateManifest(directory)
	if err != nil {
		return nil, err
	}
	source, err := securefs.MakeFsOnDiskSecure(root)
	if err != nil {
		return nil, err
	}
	return buildDirectory(&generated{FileSystem: source, file: file, manifest: manifest}, directory)
}

func substitute(kustomization unstructured.Unstructured, resources resmap.ResMap, cluster client.Client, strict bool) error {
	strategy, _, _ := unstructured.NestedString(kustomization.Object, "spec", "postBuild", "substituteStrategy")
	always := kustomize.SubstituteWithAlways(strategy == "Always")
	for _, resource := range resources.Resources() {
		replaced, err := kustomize.SubstituteVariables(context.Background(), cluster, kustomization, resource, always,
			kustomize.SubstituteWithStrict(strict))
		if err != nil {
			return fmt.Errorf("%s: %w", resource.CurId(), err)
		}
		if replaced == nil {
			continue
		}
		if _, err := resources.Replace(replaced); err != nil {
			return err
		}
	}
	return nil
}

// setCommonMetadata does what SetCommonMetadata of fluxcd/pkg/ssa does.
func setCommonMetadata(kustomization unstructured.Unstructured, text []byte) ([]byte, error) {
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, err
	}
	built := unstructured.Unstructured{Object: object}
	labels, err := merged(kustomization, "labels", built.GetLabels())
	if err != nil {
		return nil, err
	}
	if len(labels) > 0 {
		built.SetLabels(labels)
	}
	annotations, err := merged(kustomization, "annotations", built.GetAnnotations())
	if err != nil {
		return nil, err
	}
	if len(annotations) > 0 {
		built.SetAnnotations(annotations)
	}
	return json.Marshal(built.Object)
}

// merged are the values with those of spec.commonMetadata over them.
func merged(kustomization unstructured.Unstructured, field string, own map[string]string) (map[string]string, error) {
	common, _, err := unstructured.NestedStringMap(kustomization.Object, "spec", "commonMetadata", field)
	if err != nil || len(common) == 0 {
		return nil, err
	}
	if own == nil {
		own = map[string]string{}
	}
	maps.Copy(own, common)
	return own, nil
}

// cluster holds the sources of variables, and nothing else of a cluster is ever asked for.
type cluster struct {
	client.Client
	sources []map[string]any
}

func (c cluster) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	kind := "ConfigMap"
	if _, isSecret := into.(*corev1.Secret); isSecret {
		kind = "Secret"
	}
	for _, source := range c.sources {
		object := unstructured.Unstructured{Object: source}
		if object.GetKind() != kind || object.GetName() != key.Name || object.GetNamespace() != key.Namespace {
			continue
		}
		if kind == "Secret" {
			return readSecret(source, into.(*corev1.Secret))
		}
		return runtime.DefaultUnstructuredConverter.FromUnstructured(source, into)
	}
	return apierrors.NewNotFound(schema.GroupResource{Resource: kind}, key.Name)
}

// readSecret reads a Secret as an API server would give it: stringData is in data.
func readSecret(source map[string]any, secret *corev1.Secret) error {
	data, err := json.Marshal(source)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, secret); err != nil {
		return errors.Join(errors.New("the Secret cannot be read"), err)
	}
	if secret.Data == nil {
		secret.Data = map[string][]byte{}
	}
	for key, value := range secret.StringData {
		secret.Data[key] = []byte(value)
	}
	return nil
}

// loadSchema forgets every schema and loads those of Kubernetes.
func loadSchema() {
	openapi.ResetOpenAPI()
	_ = openapi.Schema()
}

// buildDirectory does what Build of fluxcd/pkg/kustomize does. That one parses the Kubernetes schema before each build, which takes 80 % of
// the time; this one only after a build that may have changed it.
func buildDirectory(source *generated, directory string) (resources resmap.ResMap, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("recovered from kustomize build panic: %v", r)
		}
		if source.namesSchema {
			loadSchema()
		}
	}()
	options := &krusty.Options{
		LoadRestrictions: types.LoadRestrictionsNone,
		PluginConfig:     types.DisabledPluginConfig(),
	}
	return krusty.MakeKustomizer(options).Run(source, directory)
}

// generated is the source with the kustomization.yaml that the controller generates.
type generated struct {
	filesys.FileSystem
	file     string
	manifest []byte
	// namesSchema: a kustomization that was read has an openapi field.
	namesSchema bool
}

func (g *generated) Exists(path string) bool {
	return g.isGenerated(path) || g.FileSystem.Exists(path)
}

func (g *generated) ReadFile(path string) ([]byte, error) {
	content, err := g.manifest, error(nil)
	if !g.isGenerated(path) {
		content, err = g.FileSystem.ReadFile(path)
	}
	isKustomization := slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(path))
	if isKustomization && bytes.Contains(content, []byte("openapi")) {
		g.namesSchema = true
	}
	return content, err
}

func (g *generated) isGenerated(path string) bool {
	return filepath.Clean(path) == filepath.Clean(g.file)
}
