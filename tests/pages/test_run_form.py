import pytest

from agentopt_core.config import (
    AgentConfig,
    ApprovalConfig,
    Budget,
    Endpoint,
    GraderConfig,
    HealthConfig,
    OptimizerConfig,
    RunConfig,
    SandboxLimits,
    TrainingConfig,
)
from agentopt_core.errors import ConfigError
from pages.components.endpoint_form import endpoint_values
from pages.components.run_form import form_config, form_values


def described(config: RunConfig, **changes: object) -> RunConfig:
    values = {**form_values(config), **endpoint_values(config), "name": config.name, **changes}
    return form_config(values, config.model_dump(mode="json"), {})


def test_the_form_gives_back_the_configuration_it_was_filled_with():
    config = RunConfig(
        name="mine",
        agent=AgentConfig(endpoint=Endpoint(kind="openai", model="m", base_url="http://127.0.0.1:1/v1", timeout_s=7)),
        training=TrainingConfig(epochs=3, patience=1, acceptance="accept_ties", roll_back=False),
        budget=Budget(usd=1.5),
        sandbox=SandboxLimits(wall_s=2),
        seed=4,
    )
    config = config.with_(optimizer=config.optimizer.with_(endpoint=config.agent.endpoint))
    assert described(config) == config


def test_the_form_gives_back_who_decides_and_what_is_measured_beside_training():
    config = RunConfig(
        training=TrainingConfig(validation="all", null_edits=3),
        approval=ApprovalConfig(mode="risk", when="before", timeout_s=600, on_timeout="approve", weak_p=0.1),
    )
    assert described(config) == config


def test_the_form_gives_back_what_is_asked_for_the_functions_health():
    health = HealthConfig(
        max_functions=4, credit="kept", control=False, min_users=3, removal="propose", unused_after=5,
        drop_unsuccessful=True,
    )  # fmt: skip
    assert described(RunConfig(health=health)) == RunConfig(health=health)


def test_the_form_gives_back_which_agent_solves_the_tasks():
    config = RunConfig(agent=AgentConfig(kind="react", shell=True))
    assert described(config) == config
    own = described(config, agent_kind="mine.agents:Careful")
    assert own.agent.kind == "mine.agents:Careful"


def test_an_agent_that_names_nothing_is_refused_with_the_form_it_should_have():
    with pytest.raises(ConfigError, match="module:object"):
        described(RunConfig(), agent_kind="careful")


def test_the_form_gives_back_what_a_step_works_from():
    config = RunConfig(optimizer=OptimizerConfig(strategy="divide_and_merge", batch_size=7, prompt_tokens=9_000))
    assert described(config) == config


def test_without_a_model_of_its_own_the_optimizer_uses_the_agents():
    config = described(RunConfig(), kind="openai", agent_model="small", optimizer_model="")
    assert config.optimizer.endpoint.model == "small"


def test_each_role_can_have_its_own_model():
    config = described(RunConfig(), kind="openai", agent_model="small", optimizer_model="large")
    assert (config.agent.endpoint.model, config.optimizer.endpoint.model) == ("small", "large")


def test_each_role_can_have_its_own_endpoint_and_key():
    away = Endpoint(kind="openai", model="large", base_url="http://127.0.0.1:2/v1", api_key_env="OTHER_KEY")
    config = RunConfig(
        agent=AgentConfig(endpoint=Endpoint(kind="openai", model="small", base_url="http://127.0.0.1:1/v1"))
    )
    config = config.with_(optimizer=config.optimizer.with_(endpoint=away))
    assert described(config) == config


def test_that_the_agents_model_takes_images_says_nothing_of_the_optimizers():
    config = described(RunConfig(), kind="openai", agent_model="m", vision=True)
    assert config.agent.endpoint.vision
    assert not config.optimizer.endpoint.vision
    assert described(config) == config


def test_the_demo_model_leaves_nothing_of_an_endpoint_behind():
    config = described(RunConfig(), kind="demo", base_url="http://127.0.0.1:1", agent_model="x", vision=True)
    assert config.agent.endpoint == Endpoint()


def test_a_value_out_of_range_is_named():
    with pytest.raises(ConfigError, match=r"training\.epochs"):
        described(RunConfig(), epochs=0)


AGENT = Endpoint(kind="openai", model="small", base_url="http://127.0.0.1:1/v1", temperature=0.7)
AWAY = Endpoint(kind="openai", model="wise", base_url="http://127.0.0.1:2/v1", api_key_env="WISE_KEY", temperature=0.2)


@pytest.mark.parametrize(
    "grader",
    [
        GraderConfig(kind="tabmwp"),
        GraderConfig(kind="judge", judge=AWAY),
        GraderConfig(judge=AWAY),
        GraderConfig(kind="judge", judge=AGENT.with_(temperature=0)),
        GraderConfig(kind="python", code="def grade(answer, task): return True"),
    ],
)
def test_the_form_gives_back_the_grader_it_was_filled_with(grader):
    config = RunConfig.model_validate({"agent": {"endpoint": AGENT}, "optimizer": {"endpoint": AGENT}})
    config = config.with_(grader=grader)
    assert described(config) == config


def test_a_judge_without_fields_of_its_own_is_the_agents_model_at_temperature_0():
    config = described(RunConfig(), kind="openai", agent_model="small", temperature=0.7, grader_kind="judge")
    assert (config.grader.judge.model, config.grader.judge.temperature) == ("small", 0.0)


def test_the_demo_model_judges_where_it_plays_all_roles():
    assert described(RunConfig(), grader_kind="judge").grader.judge.is_demo


def test_no_model_judges_where_another_grader_is_chosen_or_nobody_asked_for_one():
    config = RunConfig(grader=GraderConfig(judge=Endpoint()))
    assert described(config, grader_kind="text").grader.judge is None
    assert described(config, judge=False).grader.judge is None
