"""Executable form of the §3.3 state machine: validates an emitted chat SSE body. usage: validate_chat.py FILE include_usage(0/1)"""
import os, json,sys,glob
sys.path.insert(0,os.path.dirname(os.path.abspath(__file__))); from agg import sse_events
def validate(b,include_usage,n=1):
    """Findings of a legal-for-this-request check. JSON spacing and key order are free; `usage` may be absent or null before the usage chunk."""
    err=[]; st={}; done=False; usage_seen=False; errored=False; ids=set(); tool={}
    assert b.endswith(b"\n\n"),"SSE-6"
    for e in sse_events(b):
        if done: err.append("CHAT-31 frame after DONE"); break
        if e=="[DONE]": done=True; continue
        o=json.loads(e)
        if "error" in o:
            if not isinstance(o["error"],dict) or not {"message","type","param","code"}<=set(o["error"]) or not isinstance(o["error"]["message"],str): err.append("CHAT-30 envelope")
            errored=True; continue
        if errored: err.append("CHAT-30 frame after error")
        for k in("id","object","created","model","choices"):
            if k not in o: err.append("CHAT-1 missing "+k)
        if o["object"]!="chat.completion.chunk": err.append("CHAT-1 object")
        ids.add((o["id"],o["created"],o["model"]))
        if not include_usage and "usage" in o: err.append("CHAT-25 usage key present")
        if o["choices"]==[]:
            if o.get("moderation"): continue
            if usage_seen: err.append("CHAT-24 two usage chunks")
            if not o.get("usage"): err.append("CHAT-7 empty choices without usage")
            if any(s!="F" for s in st.values()) or not st: err.append("CHAT-24 usage before finish")
            usage_seen=True; continue
        if usage_seen: err.append("CHAT-24 choice after usage")
        if o.get("usage"): err.append("CHAT-24 usage on choice chunk")
        if len(o["choices"])!=1: err.append("CHAT-5"); 
        for c in o["choices"]:
            i=c["index"]; s=st.get(i,"U"); d=c["delta"]
            if "finish_reason" not in c: err.append("CHAT-13 finish_reason absent"); continue
            fr=c["finish_reason"]
            if s=="U":
                if d.get("role")!="assistant": err.append(f"CHAT-8 choice {i} no role first")
                if set(d)-{"role","content","refusal"}: err.append("CHAT-8 extra keys in role chunk")
                if d.get("content") not in("",None): err.append("CHAT-8 role chunk has payload")
                if fr is not None: err.append("CHAT-12 finish on role chunk")
                st[i]="O"; continue
            if s=="F": err.append(f"CHAT frame after finish, choice {i}"); continue
            if "role" in d: err.append("CHAT-8 role repeated")
            if fr is not None:
                if fr not in("stop","length","tool_calls","content_filter","function_call"): err.append("CHAT-13 value "+repr(fr))
                if d!={}: err.append("CHAT-12 finish chunk delta not empty")
                st[i]="F"; continue
            if d=={}: err.append("CHAT-11 empty delta")
            if len(d)!=1: err.append("CHAT-11 mixed delta "+str(list(d)))
            if any(v in("",None) for v in d.values()) and not c.get("logprobs"): err.append("CHAT-11 empty payload")
            for t in d.get("tool_calls",[]):
                T=tool.setdefault(i,{}); k=t["index"]
                if len(d["tool_calls"])!=1: err.append("one tool fragment per chunk")
                if k not in T:
                    if k!=len(T): err.append("CHAT-16 index gap")
                    if not(t.get("id") and t.get("type") and (t.get(t["type"]) or {}).get("name")): err.append("CHAT-16 opening fragment")
                    T[k]=True
                else:
                    if "id" in t or "type" in t or (t.get("function") or {}).get("name"): err.append("CHAT-16/17 id/type/name repeated")
                    if k!=max(T): err.append("CHAT-19 interleaved")
    if not done: err.append("SSE-16 no [DONE]")
    if len(ids)>1: err.append("CHAT-2/4 id/created/model vary")
    if not errored and any(s!="F" for s in st.values()): err.append("CHAT-29 unfinished choice")
    if not errored and set(st)!=set(range(n)): err.append(f"CHAT-29 choices {sorted(st)}, {n} asked for")
    if include_usage and not errored and not usage_seen: err.append("CHAT-24 no usage chunk")
    return err
if __name__=="__main__":
    for f in sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)),'..','data','fixtures','*chat*.sse'))):
        b=open(f,'rb').read(); inc=b'"usage":' in b
        e=validate(b,inc,2 if 'n2' in f else 1); print(f.split('/')[-1],'OK' if not e else e)
