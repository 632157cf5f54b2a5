// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import io.clusterlinks.it.BrokerProcess;
import io.clusterlinks.it.LinkProxies;
import io.clusterlinks.it.chaos.ChaosSchedule.Action;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Does what a schedule says. Each lane of it has a thread of its own.
 *
 * @param here brokers of the destination
 * @param within between the brokers of the destination, if there are proxies
 * @param unread topics of which a leader may be elected uncleanly at the destination
 * @param there brokers of the source
 * @param withinThere between the brokers of the source, if there are proxies
 * @param towards from the destination to the source
 * @param impostor port of somebody who is not the source
 */
record ChaosActions(
        ChaosFaults here,
        ChaosDisks disks,
        LinkProxies within,
        List<String> unread,
        ChaosFaults there,
        LinkProxies withinThere,
        ChaosSourceFaults topics,
        LinkProxies towards,
        int impostor,
        ChaosCommands commands,
        ChaosBelongings belongings,
        ChaosFated doomed)
        implements Consumer<Action> {
    /** Longer than brokers have until their controller takes them for dead. */
    private static final Duration SESSION = Duration.ofSeconds(6);

    private static final TopicPartition STATE = new TopicPartition("__cluster_links", 0);

    @Override
    public void accept(Action action) {
        switch (action.lane()) {
            case DESTINATION -> harmHere(action);
            case SOURCE -> harmThere(action);
            case NETWORK -> harmBetween(action);
            case COMMANDS, MORE_COMMANDS -> commands.run(action);
            case BELONGINGS -> change(action);
        }
    }

    private void harmHere(Action action) {
        int pick = action.pick();
        here.recover();
        switch (action.kind()) {
            case KILL_DESTINATION -> here.kill(action, here.any(pick));
            case KILL_COORDINATOR -> here.kill(action, here.leader(STATE, pick));
            case KILL_TWO -> here.kill(action, here.any(pick), here.any(pick + 1));
            case KILL_ALL_DESTINATION -> here.kill(action, here.all());
            case KILL_DESTINATION_CONTROLLER -> here.kill(action, here.controller());
            case FREEZE_DESTINATION -> here.freeze(action, here.any(pick));
            case FREEZE_COORDINATOR -> here.freeze(action, here.leader(STATE, pick));
            case FREEZE_DESTINATION_CONTROLLER -> here.freeze(action, here.controller());
            case ROLL_DESTINATION -> here.roll(action);
            case SHUFFLE_DESTINATION -> here.shuffle(action);
            case NARROW_DESTINATION -> here.narrow(action);
            case UNCLEAN_DESTINATION -> here.electUncleanly(action, unread);
            case WIPE_DESTINATION -> disks.wipe(action);
            case MOVE_LOGS_DESTINATION -> disks.move(action);
            case ISOLATE_DESTINATION -> harm(here, within, action, () -> within.cutOne(action.pick()));
            case CUT_OFF_DESTINATION -> cutOff(here, within, action, here.any(pick));
            case CUT_OFF_COORDINATOR -> cutOff(here, within, action, here.leader(STATE, pick));
            case STALL_DESTINATION -> harm(here, within, action, () -> within.stallOne(action.pick()));
            case SLOW_DESTINATION -> harm(here, within, action, () -> within.slow(5 + action.pick() % 300));
            case MOVE_COORDINATOR -> here.move(STATE);
            default -> throw new IllegalArgumentException(action.toString());
        }
    }

    /** Nobody reaches a broker, which still reaches the others and the controller, or all are reached late. */
    private static void harm(ChaosFaults brokers, LinkProxies within, Action action, Runnable harm) {
        if (within.isEmpty()) {
            brokers.freeze(action, brokers.any(action.pick()));
        } else {
            harm.run();
            ChaosFaults.hold(action);
            within.mend();
        }
    }

    /** A broker that goes on for longer than its session, and reaches neither the others nor the controller. */
    private static void cutOff(ChaosFaults brokers, LinkProxies within, Action action, BrokerProcess victim) {
        harm(brokers, within, action, () -> {
            LinkProxies.CutOff[] ways = LinkProxies.CutOff.values();
            within.cutOff(victim.pid(), ways[action.pick() % ways.length]);
            LockSupport.parkNanos(SESSION.toNanos());
        });
    }

    private void harmThere(Action action) {
        int pick = action.pick();
        switch (action.kind()) {
            case KILL_SOURCE -> there.kill(action, there.any(pick));
            case KILL_ALL_SOURCE -> there.kill(action, there.all());
            case KILL_SOURCE_CONTROLLER -> there.kill(action, there.controller());
            case FREEZE_SOURCE -> there.freeze(action, there.any(pick));
            case FREEZE_SOURCE_CONTROLLER -> there.freeze(action, there.controller());
            case ROLL_SOURCE -> there.roll(action);
            case SHUFFLE_SOURCE -> there.shuffle(action);
            case CUT_OFF_SOURCE -> cutOff(there, withinThere, action, there.any(pick));
            case UNCLEAN_ELECTION -> topics.uncleanElection(action, ChaosIT.UNCLEAN);
            case DELETE_HEAD -> topics.deleteHead(action, ChaosIT.TRIMMED);
            case ADD_PARTITION -> topics.addPartition(ChaosIT.GROWING);
            default -> throw new IllegalArgumentException(action.toString());
        }
    }

    private void harmBetween(Action action) {
        switch (action.kind()) {
            case CUT -> towards.cut();
            case CUT_ONE -> towards.cutOne(action.pick());
            case SLOW -> towards.slow(20 + action.pick() % 500);
            case STALL -> towards.stall();
            case LEAD_ASTRAY -> towards.detour(impostor);
            default -> throw new IllegalArgumentException(action.toString());
        }
        ChaosFaults.hold(action);
        towards.mend();
    }

    private void change(Action action) {
        switch (action.kind()) {
            case SET_CONFIG -> belongings.setConfig(action);
            case ADD_ACL -> belongings.addAcl(action);
            case REMOVE_ACL -> belongings.removeAcl(action);
            case COMMIT_OFFSET -> belongings.commit(action);
            case DELETE_GROUP -> belongings.deleteGroup(action);
            case DELETE_TOPIC -> doomed.delete();
            case RECREATE_TOPIC -> doomed.recreate();
            default -> throw new IllegalArgumentException(action.toString());
        }
    }
}
