"""A thermometer. With "tls" behind it: to the port that wants certificates."""
import random
import sys
import time

import paho.mqtt.client as mqtt

NAME = "{{name}}"  # the Client Identifier
TOPIC = "{{name}}/temperature"
STATE = "{{name}}/state"


def new_client(name):
    """paho 2 wants to know which kind of callbacks is meant; paho 1 does not."""
    if hasattr(mqtt, "CallbackAPIVersion"):
        return mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, client_id=name)
    return mqtt.Client(client_id=name)


def on_connect(client, userdata, flags, code):
    print("connected" if code == 0 else f"refused with {code}")
    client.publish(STATE, "online", qos=1, retain=True)


client = new_client(NAME)
client.on_connect = on_connect
client.will_set(STATE, "offline", qos=1, retain=True)
port = {{port}}
if "tls" in sys.argv:
    port = {{tls_port}}
    client.tls_set(ca_certs="ca.crt", certfile="{{name}}.crt", keyfile="{{name}}.key")
client.connect("localhost", port, keepalive=10)
client.loop_start()  # sends and receives beside what follows, and reconnects
while True:
    reading = f"{random.uniform(15, 30):.1f}"
    print(reading)
    client.publish(TOPIC, reading, qos=1)
    time.sleep(0.5 if "fast" in sys.argv else 2)
