"""One run's settings: one module a part, all of them here."""

from agentopt_core.config.agent import AGENT_KINDS, FUNCTION_CALLING, REACT, AgentConfig
from agentopt_core.config.approval import ApprovalConfig
from agentopt_core.config.endpoint import DEMO_LABEL, DEMO_MODEL, USUAL_MODEL, Endpoint
from agentopt_core.config.evidence import EvidenceConfig
from agentopt_core.config.grading import GraderConfig, GraderKind
from agentopt_core.config.health import HealthConfig
from agentopt_core.config.limits import Budget, SandboxLimits
from agentopt_core.config.optimizer import OptimizerConfig, Strategy
from agentopt_core.config.run import RunConfig, parse_config, parse_word
from agentopt_core.config.search import SearchConfig
from agentopt_core.config.training import Acceptance, TrainingConfig

__all__ = [
    "AGENT_KINDS",
    "DEMO_LABEL",
    "DEMO_MODEL",
    "FUNCTION_CALLING",
    "REACT",
    "USUAL_MODEL",
    "Acceptance",
    "AgentConfig",
    "ApprovalConfig",
    "Budget",
    "Endpoint",
    "EvidenceConfig",
    "GraderConfig",
    "GraderKind",
    "HealthConfig",
    "OptimizerConfig",
    "RunConfig",
    "SandboxLimits",
    "SearchConfig",
    "Strategy",
    "TrainingConfig",
    "parse_config",
    "parse_word",
]
