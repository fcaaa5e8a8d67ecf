"""A small dashboard, written from docs/PROTOCOL.md alone. It registers, publishes one of everything, answers a
command and a query, and says goodbye.  Usage: protocol_client.py ws://HOST:PORT TOKEN DASHBOARD_ID"""

import json, sys, time, uuid
from datetime import datetime, timezone
from websockets.sync.client import connect

url, token, me = sys.argv[1:]


def about_me(**fields):
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"dashboardId": me, "timestamp": now, **fields}


def say(type, **fields):
    socket.send(json.dumps({"type": type, **fields}))
    print("sent", type, fields.get("seq", ""), flush=True)


schema = {"type": "object", "properties": {"source": {"type": "string"}}, "required": ["source"]}
config = {"id": me, "type": "backend", "useCase": "conformance", "version": "1.0.0", "metadata": {"language": "Python"}}
status = {"dashboardId": me, "useCase": "conformance", "state": "active", "activeTab": "overview", "connectedUsers": 1,
          "dataStatus": {"hasData": False, "lastIngested": None, "recordCount": 0},
          "performance": {"responseTime": 12.5, "errorRate": 0, "throughput": 3}}
data = {"totalRecords": 0, "processingRate": 0, "errorRate": 0, "dataQuality": 97.5}
host = {"cpuPercent": 3, "memory": {"usedBytes": 1, "totalBytes": 2}, "network": {"receivedBytesPerSecond": 0,
        "sentBytesPerSecond": 0}, "disk": {"usedBytes": 1, "totalBytes": 2, "readBytesPerSecond": 0, "writeBytesPerSecond": 0}}
with connect(url + "/v1/dashboard", subprotocols=["mission-control.v1"]) as socket:
    say("REGISTER", config=config, token=token, session={"epoch": str(uuid.uuid4())},
        commands=[{"type": "INGEST_DATA", "title": "Ingest data", "payloadSchema": schema}])
    registered = json.loads(socket.recv(timeout=10))
    if registered["type"] != "REGISTERED" or registered["lastSeq"] != 0:
        sys.exit(f"not registered: {registered}")
    say("STATUS", status=status)
    say("HEARTBEAT")
    say("EVENT", seq=1, event=about_me(type="DATA_INGESTED", severity="info", payload={"recordCount": 0}))
    say("METRICS", seq=2, metrics=about_me(data=data))
    say("ALERT", seq=3, alert=about_me(type="DATA_QUALITY", severity="warning", title="Quality fell", source="dashboard"))
    say("RESOURCE_USAGE", seq=4, usage=about_me(host=host))
    say("WORKFLOW_UPDATE", seq=5, update=about_me(workflowId="w", executionId="w-1", state="running", progress=0.5))
    acknowledged, seq, waiting, deadline = 0, 5, {"COMMAND", "QUERY"}, time.monotonic() + 60
    while waiting or acknowledged < seq:
        if time.monotonic() > deadline:
            sys.exit(f"after 60 s still waiting for {waiting or 'acknowledgement'}; acknowledged {acknowledged} of {seq}")
        try:
            message = json.loads(socket.recv(timeout=registered["heartbeatInterval"] * 0.8 / 1000))
        except TimeoutError:
            say("HEARTBEAT")
            continue
        print("received", json.dumps(message), flush=True)
        if message["type"] == "ACK" and acknowledged <= message["seq"] <= seq:
            acknowledged = message["seq"]
        elif message["type"] == "COMMAND" and message["command"]["type"] == "INGEST_DATA":
            id, seq = message["command"]["id"], seq + 1
            say("COMMAND_PROGRESS", commandId=id, stage="ACCEPTED")
            say("COMMAND_PROGRESS", commandId=id, stage="RUNNING", progress=0.5, message="half of it")
            say("COMMAND_RESULT", seq=seq, commandId=id, success=True, result={"recordCount": 1200}, duration=1.5)
            waiting.discard("COMMAND")
        elif message["type"] == "QUERY":
            say("QUERY_RESULT", queryId=message["query"]["id"], success=True, result=status)
            waiting.discard("QUERY")
        elif message["type"] == "CONFIG_UPDATE":
            say("CONFIG_RESULT", version=message["config"]["version"], success=True)
        elif message["type"] not in ("ALERT", "WORKFLOW_UPDATE"):
            sys.exit(f"unexpected: {message}")
    say("DISCONNECT", reason="the conformance run is over")
print("done", flush=True)
