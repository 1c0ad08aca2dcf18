"""The Kubernetes manifests are valid, refer only to what is there, and name only settings and commands that exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from prometheus_client import generate_latest

from groundsight.cli import build_parser
from groundsight.doors.call_metrics import CallMetrics
from groundsight.doors.encoder_service import EncoderService
from groundsight.settings import Settings

ROOT = Path(__file__).resolve().parent.parent / "deploy"
BASE, GPU = ROOT / "kubernetes", ROOT / "gpu"
VERSIONS = ("1.29", "1.34")
OURS = ("groundsight", "encoders", "ingest", "backup", "tenants")


def documents(path: Path) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(path.read_text("utf-8")) if each]


def listed(folder: Path) -> list[Path]:
    """The files that a kustomization applies, without those of another folder."""
    (found,) = documents(folder / "kustomization.yaml")
    return [folder / name for name in found["resources"] if name.endswith(".yaml")]


OBJECTS = [each for path in listed(BASE) for each in documents(path)]
SECRET = documents(BASE / "secrets.example.yaml")[0]


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [each for each in OBJECTS if each["kind"] == kind]


def name_of(thing: dict[str, Any]) -> str:
    return thing["metadata"]["name"]


def workloads() -> dict[str, dict[str, Any]]:
    """Every pod template by the name of what makes it."""
    found = {
        name_of(each): each["spec"]["template"] for kind in ("Deployment", "StatefulSet") for each in of_kind(kind)
    }
    return found | {name_of(each): each["spec"]["jobTemplate"]["spec"]["template"] for each in of_kind("CronJob")}


WORKLOADS = workloads()


def container(name: str) -> dict[str, Any]:
    (only,) = WORKLOADS[name]["spec"]["containers"]
    return only


def chosen(selector: dict[str, Any]) -> list[str]:
    """The workloads whose pods a selector means."""
    labels = {name: template["metadata"]["labels"] for name, template in WORKLOADS.items()}
    wanted = selector.get("matchLabels", {} if "matchExpressions" in selector else selector).items()
    among = selector.get("matchExpressions", [])
    return [
        name
        for name, own in labels.items()
        if wanted <= own.items() and all(own.get(each["key"]) in each["values"] for each in among)
    ]


def merged(base: Any, patch: Any) -> Any:
    """A strategic merge as far as the patch here needs it: objects by key, lists of named things by name."""
    if isinstance(base, dict) and isinstance(patch, dict):
        return {**base, **{key: merged(base[key], value) if key in base else value for key, value in patch.items()}}
    if isinstance(base, list) and isinstance(patch, list) and all("name" in each for each in [*base, *patch]):
        own = {each["name"]: each for each in patch}
        kept = [merged(each, own.pop(each["name"])) if each["name"] in own else each for each in base]
        return [*kept, *own.values()]
    return patch


def with_gpu() -> dict[str, Any]:
    (patch,) = documents(GPU / "encoders.yaml")
    (base,) = [each for each in of_kind(patch["kind"]) if name_of(each) == name_of(patch)]
    return merged(base, patch)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_valid(version: str) -> None:
    for each in [*OBJECTS, SECRET, *documents(GPU / "models.yaml"), with_gpu()]:
        kubernetes_validate.validate(each, version, strict=True)


def test_the_check_can_fail() -> None:
    wrong = {**of_kind("Service")[0], "spec": {"selectors": {}}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_every_file_is_applied_or_said_not_to_be() -> None:
    apart = {"kustomization.yaml", "secrets.example.yaml", "prometheus-adapter.yaml"}
    assert {path.name for path in BASE.iterdir()} == {path.name for path in listed(BASE)} | apart
    (gpu,) = documents(GPU / "kustomization.yaml")
    patches = {each["path"] for each in gpu["patches"]}
    assert {path.name for path in GPU.iterdir()} == {path.name for path in listed(GPU)} | patches | {
        "kustomization.yaml"
    }


def test_everything_lies_in_the_one_namespace() -> None:
    (space,) = of_kind("Namespace")
    others = [each for each in [*OBJECTS, SECRET] if each["kind"] != "Namespace"]
    assert {each["metadata"]["namespace"] for each in others} == {name_of(space)}
    assert len({(each["kind"], name_of(each)) for each in OBJECTS}) == len(OBJECTS)


def test_services_and_budgets_and_scalers_mean_something_that_is_there() -> None:
    for service in of_kind("Service"):
        (name,) = chosen(service["spec"]["selector"])
        ports = {port["name"] for port in container(name)["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    for budget in of_kind("PodDisruptionBudget"):
        assert len(chosen(budget["spec"]["selector"])) == 1
    for scaler in of_kind("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        assert target["name"] in [name_of(each) for each in of_kind(target["kind"])]
    for owner in (*of_kind("StatefulSet"), *of_kind("Deployment")):
        assert chosen(owner["spec"]["selector"]) == [name_of(owner)]
        assert owner["spec"].get("serviceName", "weaviate") in [name_of(each) for each in of_kind("Service")]


def test_secrets_settings_and_volumes_that_are_named_are_there() -> None:
    maps = {name_of(each) for each in of_kind("ConfigMap")}
    claims = {name_of(each) for each in of_kind("PersistentVolumeClaim")}
    for name, template in WORKLOADS.items():
        (holder,) = [each for each in OBJECTS if name_of(each) == name and "spec" in each and template in walk(each)]
        made = {each["metadata"]["name"] for each in holder["spec"].get("volumeClaimTemplates", [])}
        volumes = {each["name"] for each in template["spec"]["volumes"]} | made
        assert {each["name"] for each in container(name)["volumeMounts"]} == volumes
        for reference in walk(template):
            keys = reference.get("secretKeyRef"), reference.get("configMapRef"), reference.get("persistentVolumeClaim")
            secret, settings, claim = keys
            assert not secret or (secret["name"] == name_of(SECRET) and secret["key"] in SECRET["stringData"])
            assert not settings or settings["name"] in maps
            assert not claim or claim["claimName"] in claims


def walk(thing: Any) -> Iterator[dict[str, Any]]:
    """Every object within an object."""
    if isinstance(thing, dict):
        yield thing
    for each in thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list) else ():
        yield from walk(each)


@pytest.mark.parametrize("name", OURS)
def test_a_process_starts_with_settings_and_a_command_that_exist(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = {name_of(each): each["data"] for each in of_kind("ConfigMap")}
    for source in container(name)["envFrom"]:
        for key, value in data[source["configMapRef"]["name"]].items():
            monkeypatch.setenv(key, value)
    for each in container(name)["env"]:
        monkeypatch.setenv(each["name"], "a-secret")
    settings = Settings()
    options = build_parser().parse_args(container(name)["args"])
    if name == "encoders":
        assert options.what == "encoders"
        assert (settings.models.text, settings.models.visual) == ("minilm", "conse")
    else:
        assert options.command == ("serve" if name == "groundsight" else {"backup": "snapshot"}.get(name, name))
        assert settings.index.backend == "weaviate"
        assert settings.models.text == settings.models.visual == "service:http://encoders:8000"
        assert settings.models.service_token is not None


def test_the_processes_find_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    data = {name_of(each): each["data"] for each in of_kind("ConfigMap")}
    services = {name_of(each): {port["port"] for port in each["spec"]["ports"]} for each in of_kind("Service")}
    assert 8000 in services["encoders"]
    assert {8080, 50051} <= services[data["groundsight"]["GROUNDSIGHT_WEAVIATE__HOST"]]
    assert '"encoders"' in data["encoders"]["GROUNDSIGHT_SERVER__ALLOWED_HOSTS"]
    nodes = [f"weaviate-{number}" for number in range(3)]
    joins = {each["name"]: each.get("value", "") for each in container("weaviate")["env"]}
    assert joins["RAFT_JOIN"].split(",") == nodes
    assert joins["CLUSTER_JOIN"].split(".")[0] == "weaviate-nodes"
    assert data["groundsight"]["GROUNDSIGHT_WEAVIATE__REPLICATION"] == joins["RAFT_BOOTSTRAP_EXPECT"] == "3"


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_has_no_rights_that_it_does_not_need(name: str) -> None:
    spec, only = WORKLOADS[name]["spec"], container(name)
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert only["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert only["resources"]["requests"]
    assert only["resources"]["limits"]["memory"]
    assert not any("hostPath" in each for each in spec["volumes"])


@pytest.mark.parametrize("name", ["groundsight", "encoders", "weaviate"])
def test_a_server_is_probed_on_a_port_that_it_has(name: str) -> None:
    only = container(name)
    ports = {port["name"] for port in only["ports"]}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert only[probe]["httpGet"]["port"] in ports
    if name != "weaviate":
        assert only["startupProbe"]["httpGet"]["path"] == only["readinessProbe"]["httpGet"]["path"] == "/ready"
        annotations = WORKLOADS[name]["metadata"]["annotations"]
        assert annotations["prometheus.io/port"] == "9090"


def test_the_network_lets_through_what_is_needed_on_ports_that_are_there() -> None:
    for policy in of_kind("NetworkPolicy"):
        targets = chosen(policy["spec"]["podSelector"])
        assert targets
        for rule in policy["spec"].get("ingress", []):
            for name in targets:
                known = {value for port in container(name)["ports"] for value in (port["name"], port["containerPort"])}
                assert {port["port"] for port in rule["ports"]} <= known
        for rule in policy["spec"].get("egress", []):
            for peer in (peer for peer in rule["to"] if "podSelector" in peer):
                (name,) = chosen(peer["podSelector"])
                assert {port["port"] for port in rule["ports"]} <= {
                    port["containerPort"] for port in container(name)["ports"]
                }
    (closed,) = [each for each in of_kind("NetworkPolicy") if each["spec"]["podSelector"] == {}]
    assert closed["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in closed["spec"]


def test_the_scalers_ask_for_numbers_that_the_processes_give(tmp_path: Path) -> None:
    (adapter,) = documents(BASE / "prometheus-adapter.yaml")
    rules = {each["name"]["as"]: each["seriesQuery"].partition("{")[0] for each in adapter["rules"]["custom"]}
    asked = {
        metric["pods"]["metric"]["name"]
        for scaler in of_kind("HorizontalPodAutoscaler")
        for metric in scaler["spec"]["metrics"]
    }
    assert asked == set(rules)
    registries = (EncoderService(Settings(home=tmp_path)).metrics, CallMetrics(lambda: 0, lambda: 0).registry)
    shown = "".join(generate_latest(each).decode() for each in registries)
    for series in rules.values():
        assert f"# TYPE {series.removesuffix('_bucket')} " in shown


def test_the_gpu_patch_changes_models_and_nothing_of_the_rules() -> None:
    pod = with_gpu()["spec"]["template"]["spec"]
    (only,) = pod["containers"]
    assert only["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert only["securityContext"]["readOnlyRootFilesystem"] is True
    assert {each["name"] for each in only["env"]} > {"GROUNDSIGHT_SERVER__TOKEN", "GROUNDSIGHT_MODELS__DEVICE"}
    assert {each["name"] for each in only["volumeMounts"]} == {each["name"] for each in pod["volumes"]}
