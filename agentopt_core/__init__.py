"""AgentOpt's core: functions as the learnable weights of an LLM agent (arXiv 2402.11359). Knows no Streamlit."""

__version__ = "0.1.0"
