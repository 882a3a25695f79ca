// A driver as libindi's documentation has them, for comparison: it answers, and does nothing else.
// g++ -O2 -o indi_bench indi_bench.cpp -lindidriver

#include <libindi/defaultdevice.h>

#include <memory>
#include <string>
#include <vector>

class Bench : public INDI::DefaultDevice
{
  public:
    bool initProperties() override
    {
        INDI::DefaultDevice::initProperties();
        setDriverInterface(AUX_INTERFACE);
        light[0].fill("FLAT_LIGHT_ON", "On", ISS_OFF);
        light[1].fill("FLAT_LIGHT_OFF", "Off", ISS_ON);
        light.fill(getDeviceName(), "FLAT_LIGHT_CONTROL", "Flat Light", "Main", IP_RW, ISR_1OFMANY, 0, IPS_IDLE);
        image[0].fill("IMAGE", "Picture", "");
        image.fill(getDeviceName(), "EVERLOOP_IMAGE", "Picture", "Main", IP_RW, 0, IPS_IDLE);
        for (int number = 1; number <= 35; number++)
            leds.push_back(led("EVERLOOP_LED_" + std::to_string(number)));
        return true;
    }

    bool updateProperties() override
    {
        INDI::DefaultDevice::updateProperties();
        if (isConnected())
        {
            defineProperty(light);
            defineProperty(image);
            for (auto &one : leds)
                defineProperty(one);
        }
        return true;
    }

    bool ISNewSwitch(const char *device, const char *name, ISState *states, char *names[], int n) override
    {
        return take(light, device, name, states, names, n) ||
               INDI::DefaultDevice::ISNewSwitch(device, name, states, names, n);
    }

    bool ISNewText(const char *device, const char *name, char *texts[], char *names[], int n) override
    {
        return take(image, device, name, texts, names, n) ||
               INDI::DefaultDevice::ISNewText(device, name, texts, names, n);
    }

    bool ISNewNumber(const char *device, const char *name, double values[], char *names[], int n) override
    {
        for (auto &one : leds)
            if (take(one, device, name, values, names, n))
                return true;
        return INDI::DefaultDevice::ISNewNumber(device, name, values, names, n);
    }

  protected:
    const char *getDefaultName() override { return "MATRIX"; }
    bool Connect() override { return true; }
    bool Disconnect() override { return true; }

  private:
    INDI::PropertySwitch light{2};
    INDI::PropertyText image{1};
    std::vector<INDI::PropertyNumber> leds;

    INDI::PropertyNumber led(const std::string &name)
    {
        INDI::PropertyNumber made{4};
        int member = 0;
        for (const char *channel : {"RED", "GREEN", "BLUE", "WHITE"})
            made[member++].fill(channel, channel, "%.f", 0, 255, 1, 0);
        made.fill(getDeviceName(), name.c_str(), name.c_str(), "LEDs", IP_RW, 0, IPS_IDLE);
        return made;
    }

    template <typename Property, typename Value>
    bool take(Property &property, const char *device, const char *name, Value *values, char *names[], int n)
    {
        if (device == nullptr || std::string(device) != getDeviceName() || !property.isNameMatch(name))
            return false;
        property.setState(property.update(values, names, n) ? IPS_OK : IPS_ALERT);
        property.apply();
        return true;
    }
};

static std::unique_ptr<Bench> bench(new Bench());
