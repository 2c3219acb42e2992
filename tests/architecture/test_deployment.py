"""The compose file and the Kubernetes manifests: valid by their schemas, true of this program."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from fastapi.routing import APIRoute

from kb.settings import Settings
from web.api import health
from web.http.security import FORM_BYTES, MOST_UPLOADS, UPLOADS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
COMPOSE_S3 = yaml.safe_load((DEPLOY / "compose.s3.yaml").read_text("utf-8"))
KUBERNETES_VERSION = "1.37.0"
KUSTOMIZATIONS = tuple(
    KUBERNETES / name / "kustomization.yaml" for name in ("base", "examples", "s3")
)
FILES = [path for path in sorted(KUBERNETES.rglob("*.yaml")) if path not in KUSTOMIZATIONS]
OBJECTS = [
    one for path in FILES for one in yaml.safe_load_all(path.read_text("utf-8")) if one is not None
]
SETTINGS = {f"KB_{name.upper()}" for name in Settings.model_fields}
HEALTH = {route.path for route in health.router.routes if isinstance(route, APIRoute)}
IMAGE = "terre-comuni-kb"
CLAIM = "PersistentVolumeClaim"
UID = int(re.search(r"--uid (\d+)", DOCKERFILE)[1])
PORT = int(re.search(r"EXPOSE (\d+)", DOCKERFILE)[1])
MODEL_MB = 2048
"""The model, its compiled form and vocabularies in the cache folder, with room to spare."""
WORKER_MB = 2560
"""A worker and the process that embeds, with the model."""
LARGEST_BODY = f"{Settings.model_fields['max_upload_mb'].default + 1}m"


def pod_of(one: dict[str, Any]) -> dict[str, Any] | None:
    """The template of a workload's pods."""
    spec = one.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    return spec.get("template")


PODS = [(one["metadata"]["name"], pod_of(one)) for one in OBJECTS if pod_of(one)]
CONTAINERS = [(name, one) for name, pod in PODS for one in pod["spec"]["containers"]]


def values_of(tree: Any, key: str) -> Iterator[Any]:
    """Every value that stands under ``key`` anywhere."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name == key:
                yield value
            yield from values_of(value, key)
    elif isinstance(tree, list):
        for one in tree:
            yield from values_of(one, key)


def named(kind: str) -> set[str]:
    return {one["metadata"]["name"] for one in OBJECTS if one["kind"] == kind}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_manifest_is_valid_and_has_no_field_too_many(path):
    for one in yaml.safe_load_all(path.read_text("utf-8")):
        kubernetes_validate.validate(one, KUBERNETES_VERSION, strict=True)


def test_the_validator_refuses_what_is_misspelt():
    (deployment,) = (one for one in OBJECTS if one["metadata"]["name"] == "worker" and pod_of(one))
    wrong = deployment | {"spec": deployment["spec"] | {"replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES_VERSION, strict=True)


def test_the_compose_files_are_valid_and_a_misspelt_one_is_not(tmp_path):
    wrong = tmp_path / "compose.yaml"
    wrong.write_text("services: {web: {image: kb, helthcheck: {}}}", "utf-8")
    shipped = (DEPLOY / "compose.yaml", DEPLOY / "compose.s3.yaml")
    for path, status in (*((path, 0) for path in shipped), (wrong, 1)):
        check = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
        done = subprocess.run([sys.executable, "-m", *check], capture_output=True, check=False)
        assert done.returncode == status, done.stdout


def test_the_compose_file_for_a_bucket_adds_its_keys_to_what_opens_originals():
    added = COMPOSE_S3["services"]
    of_the_program = {
        name for name, one in COMPOSE["services"].items() if one["image"].startswith(IMAGE)
    }
    assert added.keys() == of_the_program
    for one in added.values():
        assert set(one["secrets"]) == COMPOSE_S3["secrets"].keys()
    assert not COMPOSE_S3["secrets"].keys() & COMPOSE["secrets"].keys()


def test_with_a_bucket_no_pod_needs_the_volume_of_originals():
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    asked = [kubectl, "kustomize", str(KUBERNETES / "s3")]
    done = subprocess.run(asked, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    rendered = list(yaml.safe_load_all(done.stdout))
    for one in rendered:
        kubernetes_validate.validate(one, KUBERNETES_VERSION, strict=True)
    claims = {one["metadata"]["name"] for one in rendered if one["kind"] == CLAIM}
    assert claims == set(values_of(rendered, "claimName")) == {"backups"}
    (settings,) = (one["data"] for one in rendered if one["kind"] == "ConfigMap")
    assert (
        {"KB_FILES_URL", "KB_QDRANT_URL"} <= settings.keys() <= SETTINGS | {"FORWARDED_ALLOW_IPS"}
    )

    for name in ("web", "worker"):
        (pod,) = (
            one["spec"]["template"]["spec"]
            for one in rendered
            if (one["kind"], one["metadata"]["name"]) == ("Deployment", name)
        )
        sizes = {one["name"]: gib_of(one) for one in pod["volumes"] if "emptyDir" in one}
        largest_mb = Settings.model_fields["max_upload_mb"].default
        assert sizes["originals"] << 10 >= MOST_UPLOADS * largest_mb, "what comes in lies there"
        (container,) = pod["containers"]
        most = container["resources"]["limits"]["ephemeral-storage"]
        assert int(most.removesuffix("Gi")) > sum(sizes.values()), name


def gib_of(volume: dict[str, Any]) -> int:
    return int(volume["emptyDir"]["sizeLimit"].removesuffix("Gi"))


def test_every_variable_named_is_a_setting():
    in_kubernetes = {
        name
        for one in OBJECTS
        if one["kind"] in ("ConfigMap", "Secret")
        for name in one.get("data", one.get("stringData"))
    } | {one["name"] for _, container in CONTAINERS for one in container.get("env", ())}
    in_compose = {
        name
        for file in (COMPOSE, COMPOSE_S3)
        for one in file["services"].values()
        for name in one.get("environment", ())
    }
    in_unit = set(re.findall(r"\bKB_\w+", (DEPLOY / "terre-comuni-kb.service").read_text("utf-8")))
    in_image = set(re.findall(r"\bKB_\w+", DOCKERFILE))
    secrets = {
        name.upper()
        for name in COMPOSE["secrets"] | COMPOSE_S3["secrets"]
        if name.startswith("kb_")
    }
    every = in_kubernetes | in_compose | in_unit | in_image | secrets
    assert len(every) > 10
    assert {name for name in every if name.startswith("KB_")} <= SETTINGS


def test_probes_ask_addresses_that_are_there_on_the_port_that_is_listened_on():
    for name, container in CONTAINERS:
        if container["image"] != IMAGE:
            continue
        assert container["command"][:2] in (["kb", "serve"], ["kb", "worker"])
        if name == "web":
            ports = {one["name"]: one["containerPort"] for one in container["ports"]}
            assert ports == {"http": PORT}
            assert container["command"][-2:] == ["--port", str(PORT)]
            probes = {
                probe: container[probe]["httpGet"]
                for probe in ("startupProbe", "livenessProbe", "readinessProbe")
            }
            assert {one["path"] for one in probes.values()} <= HEALTH
            assert {one["port"] for one in probes.values()} == {"http"}
            assert probes["livenessProbe"]["path"] == "/health/live", "or an outage restarts all"
    web = COMPOSE["services"]["web"]
    asked = re.search(rf"http://127\.0\.0\.1:{PORT}(/\S+)'", web["healthcheck"]["test"][-1])
    assert asked[1] in HEALTH
    assert web["command"][-2:] == ["--port", str(PORT)]
    proxy = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert f"web:{PORT};" in proxy
    (ingress,) = (one for one in OBJECTS if one["kind"] == "Ingress")
    assert LARGEST_BODY in ingress["metadata"]["annotations"].values()


def test_the_proxy_takes_large_bodies_where_the_program_does_and_does_not_keep_them():
    proxy = (DEPLOY / "nginx.conf").read_text("utf-8")
    everywhere, _, uploads = proxy.partition("location ~ ")
    assert f"client_max_body_size {FORM_BYTES >> 20}m;" in everywhere
    addresses, _, rules = uploads.partition(" {")
    assert addresses == f"^(?:{'|'.join(path.pattern for path, _ in UPLOADS)})$"
    assert f"client_max_body_size {LARGEST_BODY};" in rules
    assert "proxy_request_buffering off;" in rules


def test_a_pods_cache_has_room_for_originals_and_as_much_again():
    (settings,) = (one["data"] for one in OBJECTS if one["kind"] == "ConfigMap")
    for name, pod in PODS:
        volumes = {one["name"]: one.get("emptyDir", {}) for one in pod["spec"].get("volumes", ())}
        if "cache" not in volumes:
            continue
        sizes = {
            volume: int(one["sizeLimit"].removesuffix("Gi"))
            for volume, one in volumes.items()
            if one
        }
        assert sizes["cache"] << 10 >= 2 * int(settings["KB_FILES_CACHE_MB"]) + MODEL_MB, name
        (container,) = pod["spec"]["containers"]
        most = int(container["resources"]["limits"]["ephemeral-storage"].removesuffix("Gi"))
        assert most > sum(sizes.values()), name


def test_a_worker_and_the_documents_that_it_reads_fit_into_its_limit_of_memory():
    (pod,) = (one for name, one in CONTAINERS if name == "worker")
    (in_kubernetes,) = (one["value"] for one in pod["env"] if one["name"].startswith("KB_EXTRACT"))
    compose = COMPOSE["services"]["worker"]
    readers = Settings.model_fields["ingest_threads"].default + 1
    for limit, each_mb in (
        (pod["resources"]["limits"]["memory"], in_kubernetes),
        (
            compose["deploy"]["resources"]["limits"]["memory"],
            compose["environment"]["KB_EXTRACT_MEMORY_MB"],
        ),
    ):
        assert readers * int(each_mb) + WORKER_MB <= int(limit.rstrip("Gi")) << 10


def test_everything_has_limits_and_no_more_rights_than_it_needs():
    for _, container in CONTAINERS:
        assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"]
        assert not security["allowPrivilegeEscalation"]
        assert security["capabilities"] == {"drop": ["ALL"]}
    for _, pod in PODS:
        assert pod["spec"]["securityContext"]["runAsNonRoot"]
        assert pod["spec"]["automountServiceAccountToken"] is False
        if any(one["image"] == IMAGE for one in pod["spec"]["containers"]):
            assert pod["spec"]["securityContext"]["runAsUser"] == UID
    for name, service in COMPOSE["services"].items():
        assert {"cpus", "memory"} <= service["deploy"]["resources"]["limits"].keys(), name
        assert service["read_only"], name
        assert "healthcheck" in service, name
        assert "no-new-privileges:true" in service["security_opt"], name
        if service["image"].startswith(IMAGE):
            assert service["user"] == f"{UID}:{UID}"


def test_what_is_referred_to_is_there():
    labels = [pod["metadata"]["labels"] for _, pod in PODS]
    selectors = [
        one["spec"].get("selector") or one["spec"].get("podSelector")
        for one in OBJECTS
        if one["kind"] in ("Service", "PodDisruptionBudget", "NetworkPolicy")
    ]
    for selector in selectors:
        if "matchExpressions" in selector:
            continue
        wanted = selector.get("matchLabels", selector)
        assert any(wanted.items() <= one.items() for one in labels), wanted
    for target in values_of(OBJECTS, "scaleTargetRef"):
        assert target["name"] in named(target["kind"])
    claims = {one["claimName"] for one in values_of(OBJECTS, "persistentVolumeClaim")}
    assert claims <= named(CLAIM)
    maps = {one["name"] for one in values_of(OBJECTS, "configMapRef")}
    assert maps <= named("ConfigMap")
    secrets = {one["secretName"] for one in values_of(OBJECTS, "secret")}
    assert secrets - {"terre-comuni-postgresql"} <= named("Secret")
    assert {one["name"] for one in values_of(OBJECTS, "service") if isinstance(one, dict)} <= named(
        "Service"
    )
    for name, pod in PODS:
        templates = next(one for one in OBJECTS if one["metadata"]["name"] == name and pod_of(one))
        volumes = {one["name"] for one in pod["spec"].get("volumes", ())} | {
            one["metadata"]["name"] for one in templates["spec"].get("volumeClaimTemplates", ())
        }
        mounted = {
            mount["name"] for one in pod["spec"]["containers"] for mount in one["volumeMounts"]
        }
        assert mounted == volumes, name


def test_every_manifest_but_the_example_of_a_secret_is_applied():
    for path in KUSTOMIZATIONS:
        listed = yaml.safe_load(path.read_text("utf-8"))["resources"]
        files = {one.name for one in path.parent.glob("*.yaml")} - {"kustomization.yaml"}
        assert {one for one in listed if one.endswith(".yaml")} == files
        for other in {path.parent.joinpath(one).resolve() for one in listed} - {
            path.parent / one for one in files
        }:
            assert other / "kustomization.yaml" in KUSTOMIZATIONS
            assert not path.is_relative_to(other), "kustomize refuses a root within itself"


def test_the_index_server_fits_its_client():
    client = version("qdrant-client").split(".")[:2]
    images = [one["image"] for _, one in CONTAINERS] + [
        one["image"] for one in COMPOSE["services"].values()
    ]
    servers = [re.match(r"qdrant/qdrant:v(\d+)\.(\d+)\.", image) for image in images]
    found = [list(one.groups()) for one in servers if one]
    assert found == [client, client]
    for image in images:
        assert image.startswith(IMAGE) or re.search(r":v?\d+[\d.]*", image), (
            f"{image} is not pinned"
        )
