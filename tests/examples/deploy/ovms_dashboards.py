"""The queries of OpenVINO Model Server's two dashboards for Grafana, ``extras/grafana_*.json`` in its repository."""

GRAPHS = """
sum by(le) (ovms_graph_processing_time_us_bucket)
sum by(le) (ovms_graph_request_latency_us_bucket)
sum by(le) (changes(ovms_graph_processing_time_us_bucket[1m]))
sum by(le) (increase(ovms_graph_request_latency_us_bucket[$__rate_interval]))
histogram_quantile(0.95, sum by(le) (rate(ovms_graph_processing_time_us_bucket[$__rate_interval])))
"""

_OF = 'name="$model_name", version="$model_version"'
_BY = f'{_OF}, interface="$interface"'
_QUANTILE = f"sum by(le) (rate(ovms_request_time_us_bucket{{{_BY}}}[1m]))"
_UP_TO = f'sum(rate(ovms_request_time_us_bucket{{le="%d", {_BY}}}[1m]))'
_GOOD, _FAIR = _UP_TO % 67466, _UP_TO % 218591
_MEAN = f"(sum(rate({{0}}_sum{{{{{_OF}}}}}[1m])) / 1000) / sum(rate({{0}}_count{{{{{_OF}}}}}[1m]))"
_COUNT = f"rate(ovms_request_time_us_count{{{_BY}}}[1m])"

MODELS = f"""
sum(rate(ovms_requests_success{{method=~"ModelInfer|Predict", {_BY}}}[1m]))
((sum(rate(ovms_request_time_us_sum{{{_BY}}}[1m])) / 1000) / sum({_COUNT}))
histogram_quantile(0.75, {_QUANTILE}) / 1000
histogram_quantile(0.90, {_QUANTILE}) / 1000
histogram_quantile(0.99, {_QUANTILE}) / 1000
(sum by (le) (rate(ovms_request_time_us_bucket{{{_BY}}}[1m])) / scalar((sum by (le) ({_COUNT}))) * 100)
({_GOOD} + (({_FAIR} - {_GOOD}) / 2)) / sum({_COUNT})
count_values("pod", ovms_streams{{{_OF}}})
{_MEAN.format("ovms_inference_time_us")}
{_MEAN.format("ovms_wait_for_infer_req_time_us")}
sum(ovms_current_requests{{{_OF}}})
"""

QUERIES = [line for line in (GRAPHS + MODELS).splitlines() if line]
